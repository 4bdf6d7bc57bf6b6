#include <plexus/data/raster/blur.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace plexus::raster {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(RasterBlur, RadiusZeroIsTheIdentity) {
  Bytes pixels{1, 200, 3, 4};
  blur(Raster<std::uint8_t>{pixels.data(), 2, 2}, 0);
  EXPECT_EQ(pixels, (Bytes{1, 200, 3, 4}));
}

TEST(RasterBlur, ConstantImagesStay) {
  for (const double radius : {0.05, 0.5, 0.99}) {
    Bytes white(30, 255);
    blur(Raster<std::uint8_t>{white.data(), 5, 6}, radius);
    EXPECT_EQ(white, Bytes(30, 255)) << radius;
  }
}

TEST(RasterBlur, ThreePassesAlongARow) {
  // s = 1/12, q = 1/22: weights 11/12 and 1/24, rounded after each pass.
  Bytes row{0, 0, 0, 240, 0, 0, 0};
  blur(Raster<std::uint8_t>{row.data(), 1, 7}, 0.5);
  EXPECT_EQ(row, (Bytes{0, 1, 25, 187, 25, 1, 0}));
  Bytes column{0, 0, 0, 240, 0, 0, 0};
  blur(Raster<std::uint8_t>{column.data(), 7, 1}, 0.5);
  EXPECT_EQ(column, row);
}

TEST(RasterBlur, VarianceOfTheKernelIsTheRadiusSquared) {
  const std::int64_t n = 31;
  for (const double radius : {0.2, 0.6, 0.95}) {
    std::vector<float> image(static_cast<std::size_t>(n * n), 0.0F);
    image[static_cast<std::size_t>(n / 2 * n + n / 2)] = 1;
    blur(Raster<float>{image.data(), n, n}, radius);
    double sum = 0, variance = 0;
    for (std::int64_t y = 0; y < n; ++y)
      for (std::int64_t x = 0; x < n; ++x) {
        const double value = image[static_cast<std::size_t>(y * n + x)];
        sum += value;
        variance += value * static_cast<double>((x - n / 2) * (x - n / 2));
      }
    EXPECT_NEAR(sum, 1, 1e-5);
    EXPECT_NEAR(std::sqrt(variance), radius, 1e-3);
  }
}

TEST(RasterBlur, RefusesOtherRadii) {
  Bytes pixels{1};
  const Raster<std::uint8_t> image{pixels.data(), 1, 1};
  EXPECT_THROW(blur(image, 1.0), std::invalid_argument);
  EXPECT_THROW(blur(image, -0.1), std::invalid_argument);
  EXPECT_THROW(blur(image, std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
}

}  // namespace
}  // namespace plexus::raster
