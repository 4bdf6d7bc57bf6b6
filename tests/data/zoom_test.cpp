#include <plexus/data/zoom.hpp>

#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

TEST(ZoomIndices, RoundHalfUp) {
  EXPECT_EQ(zoom_indices(4, 7), (std::vector<std::int64_t>{0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(zoom_indices(7, 4), (std::vector<std::int64_t>{0, 2, 4, 6}));
  EXPECT_EQ(zoom_indices(5, 5), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST(ZoomIndices, SizeOne) {
  EXPECT_EQ(zoom_indices(9, 1), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(zoom_indices(1, 3), (std::vector<std::int64_t>{0, 0, 0}));
  EXPECT_THROW(zoom_indices(0, 3), std::invalid_argument);
  EXPECT_THROW(zoom_indices(3, 0), std::invalid_argument);
}

TEST(ZoomIndices, LastPlaneIsLostForSeventyFiveSizesFrom256) {
  int lost = 0;
  for (std::int64_t n = 2; n < 700; ++n) {
    EXPECT_GE(zoom_indices(n, 256).back(), 0) << n;
    const auto indices = zoom_indices(256, n);
    lost += indices.back() < 0;
    EXPECT_TRUE(n < 3 || indices[static_cast<std::size_t>(n) - 2] >= 0) << n;
    EXPECT_EQ(zoom_indices(256, n, ZoomBorder::repeat).back(), 255) << n;
  }
  EXPECT_EQ(lost, 75);
  EXPECT_EQ(zoom_indices(256, 216).back(), -1);
}

TEST(ZoomIndices, LastPlaneIsLostAt144FromThePublishedSizes) {
  std::vector<std::int64_t> lost;
  for (std::int64_t n = 100; n <= 400; ++n)
    if (zoom_indices(n, 144).back() < 0) lost.push_back(n);
  EXPECT_EQ(lost, (std::vector<std::int64_t>{118, 152, 182, 212, 235, 242, 303, 326, 340, 363, 386, 400}));
}

TEST(ZoomNearest, TrailingAxesOnly) {
  const auto image = torch::arange(2 * 3 * 4).reshape({2, 3, 4});
  const auto small = zoom_nearest(image, {2, 2});
  EXPECT_TRUE(torch::equal(small, torch::tensor({0, 3, 8, 11, 12, 15, 20, 23}).reshape({2, 2, 2})));
  const auto cube = zoom_nearest(image, {3, 3, 4});
  EXPECT_TRUE(torch::equal(cube[0], image[0]));
  EXPECT_TRUE(torch::equal(cube[1], image[1]));
  EXPECT_TRUE(torch::equal(cube[2], image[1]));
}

TEST(ZoomNearest, ZeroBorderAndItsRepair) {
  for (const auto type : {torch::kByte, torch::kFloat, torch::kLong, torch::kHalf, torch::kBool}) {
    const auto image = torch::ones({256, 256}, type);
    const auto published = zoom_nearest(image, {216, 256});
    EXPECT_EQ(published.scalar_type(), type);
    EXPECT_EQ(published[215].sum().item<double>(), 0);
    EXPECT_EQ(published.narrow(0, 0, 215).min().item<double>(), 1);
    EXPECT_EQ(zoom_nearest(image, {216, 256}, ZoomBorder::repeat).min().item<double>(), 1);
  }
}

TEST(ZoomNearest, NeverSharesMemoryWithTheInput) {
  const auto image = torch::zeros({3, 3});
  zoom_nearest(image, {3, 3}).fill_(1);
  EXPECT_EQ(image.sum().item<float>(), 0);
}

TEST(ZoomNearest, RefusesMoreSizesThanAxes) {
  EXPECT_THROW(zoom_nearest(torch::zeros({3, 3}), {2, 2, 2}), std::invalid_argument);
  EXPECT_THROW(zoom_nearest(torch::zeros({3, 3}), {2, 0}), std::invalid_argument);
}

}  // namespace
}  // namespace plexus
