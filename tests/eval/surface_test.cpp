#include <plexus/eval/surface.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "random_mask.hpp"

namespace plexus {
namespace {

// Minimum over the neighbours across faces, by shifted copies; beyond the grid is 0.
torch::Tensor border_by_shifts(const torch::Tensor& mask) {
  auto inside = mask.clone();
  for (std::int64_t axis = 0; axis < mask.dim(); ++axis)
    for (const std::int64_t step : {-1, 1}) {
      auto moved = mask.roll(step, axis);
      moved.select(axis, step > 0 ? 0 : mask.size(axis) - 1).fill_(false);
      inside &= moved;
    }
  return mask & ~inside;
}

std::vector<double> directed_by_search(const torch::Tensor& from, const torch::Tensor& to, const std::vector<double>& spacing) {
  const auto scale = torch::tensor(spacing, torch::kDouble);
  const auto a = border_by_shifts(from).nonzero() * scale, b = border_by_shifts(to).nonzero() * scale;
  const auto nearest = std::get<0>((a.unsqueeze(1) - b.unsqueeze(0)).square().sum(-1).min(1)).sqrt().contiguous();
  std::vector<double> all(nearest.data_ptr<double>(), nearest.data_ptr<double>() + nearest.numel());
  std::sort(all.begin(), all.end());
  return all;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-12);
}

TEST(Border, EqualsErosionByShifts) {
  Rng rng(5);
  for (const double share : {0.3, 0.8, 0.95, 1.0}) {
    const auto solid = random_mask(rng, {5, 7, 9}, share), plane = random_mask(rng, {8, 6}, share);
    EXPECT_TRUE(torch::equal(border(solid), border_by_shifts(solid)));
    EXPECT_TRUE(torch::equal(border(plane), border_by_shifts(plane)));
  }
}

TEST(SurfaceDistances, EqualSearchOnRandomMasks) {
  Rng rng(6);
  for (int k = 0; k < 40; ++k) {
    const bool flat = k % 4 == 0;
    const std::vector<std::int64_t> shape = flat ? std::vector<std::int64_t>{12, 15} : std::vector<std::int64_t>{6, 12, 11};
    const std::vector<double> spacing = flat ? std::vector<double>{0.7, 2} : std::vector<double>{8, 1.5, 0.6};
    const double share = k % 2 ? 0.05 : 0.9;
    const auto a = random_mask(rng, shape, share), b = random_mask(rng, shape, share);
    if (!a.any().item<bool>() || !b.any().item<bool>()) continue;
    const auto distances = surface_distances(a, b, spacing);
    expect_near(distances.to_truth, directed_by_search(a, b, spacing));
    expect_near(distances.to_prediction, directed_by_search(b, a, spacing));
  }
}

TEST(SurfaceDistances, MasksFarApartAndAtTheWalls) {
  auto a = torch::zeros({20, 30, 40}, torch::kByte), b = torch::zeros({20, 30, 40}, torch::kByte);
  a[0][0][0] = 1;
  b[19][29][39] = 7;
  const auto distances = surface_distances(a, b, {3, 2, 1});
  EXPECT_DOUBLE_EQ(hausdorff(distances), std::sqrt(57.0 * 57 + 58 * 58 + 39 * 39));
}

TEST(SurfaceDistances, EqualMasksAreAtZeroAndEmptyOnesNowhere) {
  const auto box = torch::ones({4, 4, 4}), none = torch::zeros({4, 4, 4});
  EXPECT_EQ(hausdorff(surface_distances(box, box)), 0);
  EXPECT_TRUE(surface_distances(box, none).to_truth.empty());
  EXPECT_TRUE(surface_distances(none, box).to_prediction.empty());
  EXPECT_TRUE(std::isnan(hausdorff(surface_distances(none, none))));
  EXPECT_TRUE(std::isnan(mean_distance(surface_distances(box, none), Directions::mean)));
  EXPECT_THROW(surface_distances(box, torch::zeros({4, 4})), std::invalid_argument);
}

TEST(Percentile, LinearBetweenNeighbours) {
  EXPECT_DOUBLE_EQ(percentile({1, 2, 4, 8}, 50), 3);
  EXPECT_DOUBLE_EQ(percentile({1, 2, 4, 8}, 95), 4 + 0.85 * 4);
  EXPECT_DOUBLE_EQ(percentile({1, 2, 4, 8}, 0), 1);
  EXPECT_DOUBLE_EQ(percentile({1, 2, 4, 8}, 100), 8);
  EXPECT_DOUBLE_EQ(percentile({5}, 95), 5);
  EXPECT_TRUE(std::isnan(percentile({}, 95)));
}

TEST(Hausdorff, RulesOfDirections) {
  const SurfaceDistances distances{{0, 0, 10}, {0, 4}};
  EXPECT_DOUBLE_EQ(hausdorff(distances), 10);
  EXPECT_DOUBLE_EQ(hausdorff(distances, 50, Directions::larger), 2);
  EXPECT_DOUBLE_EQ(hausdorff(distances, 50, Directions::pooled), 0);
  EXPECT_DOUBLE_EQ(hausdorff(distances, 95, Directions::pooled), 4 + 0.8 * 6);
  EXPECT_DOUBLE_EQ(mean_distance(distances, Directions::to_truth), 10.0 / 3);
  EXPECT_DOUBLE_EQ(mean_distance(distances, Directions::to_prediction), 2);
  EXPECT_DOUBLE_EQ(mean_distance(distances, Directions::mean), 8.0 / 3);
  EXPECT_DOUBLE_EQ(mean_distance(distances, Directions::pooled), 14.0 / 5);
}

}  // namespace
}  // namespace plexus
