#include "acdc.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/data/h5.hpp>

#include "h5_layout.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

using test::expect_error;

Geometry place() {
  Geometry g;
  g.known = true;
  g.spacing = {1.5, 1.25, 10};
  g.origin = {-3, 4, 5};
  g.direction = {0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1};
  return g;
}

// Four cases of three planes: two for training, of which one is labelled.
struct Example {
  test::TemporaryFolder folder;
  Acdc::Settings settings;
  Example() {
    for (const std::string id : {"patient2_frame01", "patient1_frame01", "patient3_frame01", "patient4_frame01"})
      write_layout_case(folder.path(), id, torch::rand({3, 4, 5}), torch::ones({3, 4, 5}, at::kByte), place(), "scan");
    write_layout_lists(
        folder.path(),
        {{{"patient2_frame01", 3}, {"patient1_frame01", 3}}, {{"patient3_frame01", 3}}, {{"patient4_frame01", 3}}});
    settings.root = folder.path().string();
    settings.labeled = 1;
  }
};

TEST(Acdc, SubsetsFollowTheLists) {
  Example example;
  const Acdc data(example.settings);
  Rng rng;
  const auto labeled = data.subset("labeled");
  ASSERT_EQ(labeled.size(), 3u);
  EXPECT_EQ(data.subset("unlabeled").size(), 3u);
  const auto slice = data.get(labeled[1], rng);
  EXPECT_EQ(slice.id, "patient2_frame01_slice_2");
  EXPECT_EQ(slice.case_id, "patient2_frame01");
  EXPECT_EQ(slice.slice, 2);
  EXPECT_EQ(slice.fields.at("image").sizes(), (at::IntArrayRef{1, 4, 5}));
  EXPECT_EQ(slice.fields.at("label").sizes(), (at::IntArrayRef{4, 5}));
  const auto volume = data.get(data.subset("val").front(), rng);
  EXPECT_EQ(volume.fields.at("image").sizes(), (at::IntArrayRef{1, 3, 4, 5}));
  EXPECT_EQ(volume.fields.at("image").min().item<float>(), 0);
  EXPECT_EQ(volume.fields.at("image").max().item<float>(), 1);
  EXPECT_EQ(data.info().classes(), 4);
  EXPECT_THROW(data.subset("train"), Error);
}

TEST(Acdc, GeometryComesFromOurAttributes) {
  Example example;
  Rng rng;
  const Acdc data(example.settings);
  const auto got = data.get(data.subset("test").front(), rng).geometry;
  ASSERT_TRUE(got.known);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(got.spacing[i], place().spacing[i], 1e-12);
    EXPECT_NEAR(got.origin[i], place().origin[i], 1e-12);
  }
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(got.direction[i], place().direction[i], 1e-12);
}

TEST(Acdc, OnlyUnlabelledSamplesDoWithoutALabel) {
  Example example;
  Rng rng;
  const auto slices = example.folder.path() / "data" / "slices";
  write_h5(slices / "patient1_frame01_slice_1.h5", {{"image", torch::rand({4, 5}, at::kDouble)}});
  write_h5(slices / "patient2_frame01_slice_1.h5", {{"image", torch::rand({4, 5})}});
  const Acdc data(example.settings);
  EXPECT_EQ(data.get(data.subset("unlabeled").front(), rng).fields.at("label").sum().item<int>(), 0);
  expect_error(ErrorKind::data, {"patient2_frame01_slice_1.h5", "has no data set 'label'; it has 'image'"},
               [&] { data.get(data.subset("labeled").front(), rng); });
}

TEST(Acdc, ListsMayLieElsewhere) {
  Example example;
  std::filesystem::create_directories(example.folder / "mine");
  for (const std::string list : {"train_slices.list", "val.list", "test.list"})
    std::filesystem::rename(example.folder / list, example.folder.path() / "mine" / list);
  example.settings.splits = (example.folder / "mine").string();
  EXPECT_EQ(Acdc(example.settings).subset("labeled").size(), 3u);
}

TEST(Acdc, SaysWhatIsMissing) {
  Example example;
  std::filesystem::remove(example.folder.path() / "data" / "patient3_frame01.h5");
  expect_error(ErrorKind::data, {"patient3_frame01.h5", "does not exist", "acdc_h5"}, [&] { Acdc data(example.settings); });
  std::filesystem::remove(example.folder / "val.list");
  expect_error(ErrorKind::data, {"val.list", "cannot be read", "root"}, [&] { Acdc data(example.settings); });
}

TEST(Acdc, TakesThePublishedNamesOfTheLabelledCount) {
  for (const std::string name : {"labeled_num", "labelnum"}) {
    Acdc::Settings settings;
    Options options;
    settings.declare(options);
    options.apply(Node::map({{"root", Node::scalar("x")}, {name, Node::scalar("3")}}), "acdc");
    EXPECT_EQ(settings.labeled, 3) << name;
  }
}

}  // namespace
}  // namespace plexus::datasets
