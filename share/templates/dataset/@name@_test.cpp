#include "@name@.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/data/volume.hpp>

namespace {

TEST(Data, ReadsWhatTheFoldersHold) {
  const auto root = std::filesystem::path(testing::TempDir()) / "@name@_test";
  for (const std::string name : {"a", "b", "c"}) {
    std::filesystem::create_directories(root / name);
    plexus::write_image(root / name / "image.nii.gz", torch::ones({1, 4, 5, 6}), {});
    if (name != "b") plexus::write_label(root / name / "mask.nii.gz", torch::ones({4, 5, 6}, torch::kUInt8), {});
  }
  const @name@::Data data({.root = root.string(), .test = 1});
  EXPECT_EQ(data.subset("labeled"), std::vector<std::size_t>{0});
  EXPECT_EQ(data.subset("unlabeled"), std::vector<std::size_t>{1});
  EXPECT_EQ(data.subset("test"), std::vector<std::size_t>{2});
  plexus::Rng rng;
  const auto plane = data.get(0, rng);
  EXPECT_EQ(plane.id, "a");
  EXPECT_EQ(plane.fields.at("image").sizes(), (std::vector<std::int64_t>{1, 5, 6}));
  EXPECT_EQ(plane.fields.at("label").sum().item<std::int64_t>(), 30);
  EXPECT_EQ(data.get(2, rng).fields.at("image").sizes(), (std::vector<std::int64_t>{1, 4, 5, 6}));
  std::filesystem::remove_all(root);
}

}  // namespace
