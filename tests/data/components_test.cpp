#include <plexus/data/components.hpp>

#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "eval/random_mask.hpp"

namespace plexus {
namespace {

bool touch(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b, Connectivity connectivity) {
  std::int64_t moved = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (std::abs(a[k] - b[k]) > 1) return false;
    moved += std::abs(a[k] - b[k]);
  }
  return moved <= (connectivity == Connectivity::faces ? 1 : connectivity == Connectivity::edges ? 2 : 3);
}

// Floods from voxel to voxel in raster order.
torch::Tensor by_flooding(const torch::Tensor& mask, Connectivity connectivity) {
  const auto found = mask.nonzero();
  std::vector<std::vector<std::int64_t>> voxels;
  for (std::int64_t i = 0; i < found.size(0); ++i) {
    voxels.emplace_back();
    for (std::int64_t k = 0; k < found.size(1); ++k) voxels.back().push_back(found[i][k].item<std::int64_t>());
  }
  std::vector<int> number(voxels.size(), 0);
  int count = 0;
  for (std::size_t seed = 0; seed < voxels.size(); ++seed) {
    if (number[seed]) continue;
    std::vector<std::size_t> open{seed};
    number[seed] = ++count;
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      for (std::size_t other = 0; other < voxels.size(); ++other)
        if (!number[other] && touch(voxels[at], voxels[other], connectivity)) number[other] = count, open.push_back(other);
    }
  }
  auto label = torch::zeros(mask.sizes(), torch::kInt);
  label.masked_scatter_(mask, torch::tensor(number, torch::kInt));
  return label;
}

TEST(Components, EqualFlooding) {
  Rng rng(8);
  for (const auto connectivity : {Connectivity::faces, Connectivity::edges, Connectivity::corners})
    for (const double share : {0.08, 0.2, 0.45}) {
      const auto solid = random_mask(rng, {4, 8, 9}, share), plane = random_mask(rng, {13, 12}, share);
      EXPECT_TRUE(torch::equal(connected_components(solid, connectivity).label, by_flooding(solid, connectivity)));
      EXPECT_TRUE(torch::equal(connected_components(plane, connectivity).label, by_flooding(plane, connectivity)));
    }
}

TEST(Components, SizesAddUp) {
  const auto mask = torch::tensor({1, 1, 0, 0, 0, 1, 1, 0, 1}, torch::kByte).reshape({3, 3});
  const auto faces = connected_components(mask, Connectivity::faces);
  EXPECT_EQ(faces.sizes, (std::vector<std::int64_t>{2, 2, 1}));
  EXPECT_EQ(connected_components(mask, Connectivity::corners).sizes, (std::vector<std::int64_t>{4, 1}));
}

TEST(Components, EmptyMasks) {
  EXPECT_TRUE(connected_components(torch::zeros({3, 4, 5})).sizes.empty());
  EXPECT_FALSE(largest_component(torch::zeros({3, 4})).any().item<bool>());
  EXPECT_EQ(connected_components(torch::zeros({0, 4})).label.numel(), 0);
}

TEST(Components, TheFirstOfEqualsIsKept) {
  const auto mask = torch::tensor({1, 1, 0, 1, 1}, torch::kByte).reshape({1, 5});
  EXPECT_TRUE(torch::equal(largest_component(mask), torch::tensor({1, 1, 0, 0, 0}).to(torch::kBool).reshape({1, 5})));
}

TEST(Components, LargestOfEachLabel) {
  const auto label = torch::tensor({1, 1, 0, 1, 2, 0, 0, 2, 2}, torch::kLong).reshape({1, 9});
  EXPECT_TRUE(torch::equal(keep_largest(label), torch::tensor({1, 1, 0, 0, 0, 0, 0, 2, 2}, torch::kLong).reshape({1, 9})));
}

}  // namespace
}  // namespace plexus
