#include <plexus/data/raster/enhance.hpp>

#include <vector>

#include <gtest/gtest.h>

namespace plexus::raster {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(RasterBrightness, TruncatesAndClamps) {
  Bytes pixels{0, 1, 10, 99, 240, 255};
  brightness(Raster<std::uint8_t>{pixels.data(), 2, 3}, 1.1);
  EXPECT_EQ(pixels, (Bytes{0, 1, 11, 108, 255, 255}));
  brightness(Raster<std::uint8_t>{pixels.data(), 2, 3}, -1);
  EXPECT_EQ(pixels, Bytes(6, 0));
}

TEST(RasterContrast, SpreadsAboutTheRoundedMean) {
  Bytes pixels{10, 20, 30, 41};  // mean 25.25: about 25
  contrast(Raster<std::uint8_t>{pixels.data(), 2, 2}, 2);
  EXPECT_EQ(pixels, (Bytes{0, 15, 35, 57}));
  Bytes half{1, 2};  // mean 1.5: about 2
  contrast(Raster<std::uint8_t>{half.data(), 1, 2}, 0);
  EXPECT_EQ(half, (Bytes{2, 2}));
  contrast(Raster<std::uint8_t>{nullptr, 0, 5}, 2);
}

TEST(RasterSharpness, LeavesTheSmoothedImageBehind) {
  Bytes pixels{0, 0, 0, 0, 130, 0, 0, 0, 0};
  auto copy = pixels;
  sharpness(Raster<std::uint8_t>{pixels.data(), 3, 3}, 0);
  EXPECT_EQ(pixels[4], 50);  // 130 * 5 / 13, border untouched
  sharpness(Raster<std::uint8_t>{copy.data(), 3, 3}, 1.5);
  EXPECT_EQ(copy, (Bytes{0, 0, 0, 0, 170, 0, 0, 0, 0}));
}

TEST(RasterSharpness, RoundsTheThirteenth) {
  Bytes down{0, 0, 0, 0, 0, 0, 6, 0, 0}, up{0, 0, 0, 0, 0, 0, 7, 0, 0};
  sharpness(Raster<std::uint8_t>{down.data(), 3, 3}, 0);
  sharpness(Raster<std::uint8_t>{up.data(), 3, 3}, 0);
  EXPECT_EQ(down[4], 0);
  EXPECT_EQ(up[4], 1);
  Bytes white(25, 255);
  sharpness(Raster<std::uint8_t>{white.data(), 5, 5}, 0);
  EXPECT_EQ(white, Bytes(25, 255));
}

TEST(RasterSharpness, ImagesWithoutAnInside) {
  Bytes pixels{1, 200, 3, 4};
  sharpness(Raster<std::uint8_t>{pixels.data(), 2, 2}, 1.1);
  sharpness(Raster<std::uint8_t>{pixels.data(), 1, 4}, 1.1);
  EXPECT_EQ(pixels, (Bytes{1, 200, 3, 4}));
}

TEST(RasterEnhance, FactorOneIsTheIdentity) {
  Bytes pixels(256);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 37);
  const auto before = pixels;
  const Raster<std::uint8_t> image{pixels.data(), 16, 16};
  brightness(image, 1), contrast(image, 1), sharpness(image, 1);
  EXPECT_EQ(pixels, before);
}

TEST(RasterEnhance, FloatsAreNotRounded) {
  std::vector<float> pixels{0.1F, 0.2F, 0.3F, 0.95F};
  brightness(Raster<float>{pixels.data(), 2, 2}, 1.1);
  EXPECT_FLOAT_EQ(pixels[0], 0.11F);
  EXPECT_FLOAT_EQ(pixels[3], 1.0F);
  std::vector<float> image{0, 0, 0, 0, 0.5F, 0, 0, 0, 0};
  sharpness(Raster<float>{image.data(), 3, 3}, 0);
  EXPECT_FLOAT_EQ(image[4], 2.5F / 13);
}

}  // namespace
}  // namespace plexus::raster
