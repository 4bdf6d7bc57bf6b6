#include "retina.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/base/file.hpp>
#include <plexus/data/volume.hpp>

#include "support/expect_error.hpp"
#include "support/gif_file.hpp"
#include "support/temporary_folder.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

// DRIVE as it is downloaded: colour photographs as TIFF, vessels as GIF of black and white.
TEST(Retina, FoldersHoldPhotographsAndGifMasks) {
  test::TemporaryFolder folder;
  const auto set = folder.path() / "drive";
  fs::create_directories(set / "img");
  fs::create_directories(set / "gt");
  for (const int number : {21, 22}) {
    write_image(set / "img" / (std::to_string(number) + "_training.tif"),
                torch::arange(3 * 12 * 16).remainder(200).add(number).reshape({3, 1, 12, 16}).to(at::kByte), Geometry{});
    test::GifPicture mask{16, 12, std::vector<std::uint8_t>(16 * 12, 0), {0, 0, 0, 255, 255, 255}};
    for (int i = 0; i < number; ++i) mask.indices[static_cast<std::size_t>(5 * i)] = 1;
    write_file(set / "gt" / (std::to_string(number) + "_manual1.gif"), mask.bytes());
  }
  Retina::Settings settings;
  settings.root = folder.path().string();
  settings.source = {"drive"};
  const Retina data(settings);
  ASSERT_EQ(data.subset("labeled").size(), 2u);
  Rng rng;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto sample = data.get(data.subset("labeled")[i], rng);
    EXPECT_EQ(sample.fields.at("image").sizes(), (at::IntArrayRef{3, 12, 16}));
    EXPECT_EQ(sample.fields.at("label").sum().item<int>(), 21 + static_cast<int>(i));
    EXPECT_EQ(sample.fields.at("label").flatten()[5].item<int>(), 1);
    EXPECT_EQ(sample.fields.at("label").flatten()[6].item<int>(), 0);
  }
  fs::remove(set / "gt" / "22_manual1.gif");
  test::expect_error(ErrorKind::data, {"2 pictures, but 1 in gt"}, [&] { Retina wrong(settings); });
}

}  // namespace
}  // namespace plexus::datasets
