#include <plexus/eval/distance.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "random_mask.hpp"

namespace plexus {
namespace {

// Every voxel against every set one.
torch::Tensor by_search(const torch::Tensor& mask, const std::vector<double>& spacing) {
  const auto seeds = mask.nonzero().to(torch::kDouble) * torch::tensor(spacing, torch::kDouble);
  const auto all = torch::ones_like(mask).nonzero().to(torch::kDouble) * torch::tensor(spacing, torch::kDouble);
  const auto squared = (all.unsqueeze(1) - seeds.unsqueeze(0)).square().sum(-1);
  return std::get<0>(squared.min(1)).sqrt().reshape(mask.sizes());
}

TEST(Distance, EqualsSearchOnRandomMasks) {
  Rng rng(11);
  for (int k = 0; k < 60; ++k) {
    const std::vector<std::int64_t> shape{rng.integer(1, 9), rng.integer(1, 20), rng.integer(1, 20)};
    const std::vector<double> spacing{rng.uniform(0.2, 8), rng.uniform(0.2, 3), rng.uniform(0.2, 3)};
    const auto mask = random_mask(rng, shape, k % 3 == 0 ? 0.4 : 0.01);
    if (!mask.any().item<bool>()) continue;
    EXPECT_LT((distance_transform(mask, spacing) - by_search(mask, spacing)).abs().max().item<double>(), 1e-12);
  }
}

TEST(Distance, EqualsSearchInThePlane) {
  Rng rng(12);
  for (int k = 0; k < 20; ++k) {
    const auto mask = random_mask(rng, {17, 23}, 0.02);
    if (!mask.any().item<bool>()) continue;
    EXPECT_LT((distance_transform(mask, {2.5, 0.75}) - by_search(mask, {2.5, 0.75})).abs().max().item<double>(), 1e-12);
  }
}

TEST(Distance, WholeNumbersAreExact) {
  auto mask = torch::zeros({40, 50, 60}, torch::kBool);
  mask[0][0][0] = true;
  const auto distances = distance_transform(mask);
  EXPECT_EQ(distances[39][49][59].item<double>(), std::sqrt(39.0 * 39 + 49 * 49 + 59 * 59));
  EXPECT_EQ(distances[0][0][0].item<double>(), 0);
}

TEST(Distance, NothingSetIsInfinitelyFar) {
  EXPECT_EQ(distance_transform(torch::zeros({3, 4, 5}, torch::kBool)).min().item<double>(),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(distance_transform(torch::zeros({0, 4, 5})).numel(), 0);
}

TEST(Distance, RefusesBadInput) {
  EXPECT_THROW(distance_transform(torch::ones({2, 2, 2, 2})), std::invalid_argument);
  EXPECT_THROW(distance_transform(torch::ones({2, 2}), {1, 1, 1}), std::invalid_argument);
  EXPECT_THROW(distance_transform(torch::ones({2, 2}), {1, 0}), std::invalid_argument);
  EXPECT_THROW(distance_transform(torch::ones({2, 2}), {1, std::nan("")}), std::invalid_argument);
}

}  // namespace
}  // namespace plexus
