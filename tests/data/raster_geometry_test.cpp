#include <plexus/data/raster/geometry.hpp>

#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace plexus::raster {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes counted(std::int64_t height, std::int64_t width) {
  Bytes pixels(static_cast<std::size_t>(height * width));
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{1});
  return pixels;
}

Bytes rotated(Bytes pixels, std::int64_t height, std::int64_t width, double degrees) {
  rotate(Raster<std::uint8_t>{pixels.data(), height, width}, degrees);
  return pixels;
}

TEST(RasterFlip, BothWays) {
  Bytes pixels{1, 2, 3, 4, 5, 6};
  flip_left_right(Raster<std::uint8_t>{pixels.data(), 2, 3});
  EXPECT_EQ(pixels, (Bytes{3, 2, 1, 6, 5, 4}));
  flip_up_down(Raster<std::uint8_t>{pixels.data(), 2, 3});
  EXPECT_EQ(pixels, (Bytes{6, 5, 4, 3, 2, 1}));
}

TEST(RasterRotate, RightAnglesOfASquare) {
  const Bytes pixels{1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(rotated(pixels, 3, 3, 0), pixels);
  EXPECT_EQ(rotated(pixels, 3, 3, 90), (Bytes{3, 6, 9, 2, 5, 8, 1, 4, 7}));
  EXPECT_EQ(rotated(pixels, 3, 3, 180), (Bytes{9, 8, 7, 6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(rotated(pixels, 3, 3, 270), (Bytes{7, 4, 1, 8, 5, 2, 9, 6, 3}));
  EXPECT_EQ(rotated(pixels, 3, 3, -90), rotated(pixels, 3, 3, 270));
  EXPECT_EQ(rotated(pixels, 3, 3, 450), rotated(pixels, 3, 3, 90));
}

TEST(RasterRotate, RightAngleOfARectangleKeepsTheMiddle) {
  // 2 x 4 turned is 4 x 2: its two middle rows stay, with empty columns at both sides.
  EXPECT_EQ(rotated({1, 2, 3, 4, 5, 6, 7, 8}, 2, 4, 90), (Bytes{0, 3, 7, 0, 0, 2, 6, 0}));
  EXPECT_EQ(rotated({1, 2, 3, 4, 5, 6, 7, 8}, 4, 2, 90), (Bytes{0, 0, 4, 6, 3, 5, 0, 0}));
}

TEST(RasterRotate, FollowsTheTurnedGrid) {
  // Away from pixel borders fixed point and real arithmetic agree: compare with the plain rotation about the centre.
  const std::int64_t n = 15;
  const Bytes pixels = counted(n, n);
  for (const double degrees : {1.0, 33.0, 45.0, 120.0, 200.0, 358.0}) {
    const Bytes turned = rotated(pixels, n, n, degrees);
    const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle), middle = n / 2.0;
    for (std::int64_t y = 0; y < n; ++y)
      for (std::int64_t x = 0; x < n; ++x) {
        const double u = static_cast<double>(x) + 0.5 - middle, v = static_cast<double>(y) + 0.5 - middle;
        const double from_x = c * u - s * v + middle, from_y = s * u + c * v + middle;
        const auto near_border = [](double p) { return std::abs(p - std::round(p)) < 1e-3; };
        if (near_border(from_x) || near_border(from_y)) continue;
        const bool inside = from_x > 0 && from_y > 0 && from_x < n && from_y < n;
        const auto expected = inside ? pixels[static_cast<std::size_t>(std::floor(from_y) * n + std::floor(from_x))] : 0;
        EXPECT_EQ(turned[static_cast<std::size_t>(y * n + x)], expected) << degrees << " at " << x << ", " << y;
      }
  }
}

TEST(RasterRotate, TinyImages) {
  EXPECT_EQ(rotated({5}, 1, 1, 37), (Bytes{5}));
  EXPECT_EQ(rotated({}, 0, 0, 37), Bytes{});
  EXPECT_EQ(rotated({1, 2, 3, 4, 5, 6, 7}, 1, 7, 90), (Bytes{0, 0, 0, 4, 0, 0, 0}));
}

TEST(RasterRotate, FloatMovesAsBytesDo) {
  const Bytes bytes = counted(9, 12);
  std::vector<float> reals(bytes.begin(), bytes.end());
  rotate(Raster<float>{reals.data(), 9, 12}, 77);
  const Bytes turned = rotated(bytes, 9, 12, 77);
  EXPECT_EQ(reals, std::vector<float>(turned.begin(), turned.end()));
}

}  // namespace
}  // namespace plexus::raster
