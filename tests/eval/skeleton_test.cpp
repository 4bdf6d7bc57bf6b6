#include <plexus/eval/skeleton.hpp>

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

at::Tensor bar(std::int64_t height, std::int64_t width, std::int64_t top, std::int64_t bottom, std::int64_t left, std::int64_t right) {
  auto mask = torch::zeros({height, width}, at::kByte);
  mask.slice(0, top, bottom).slice(1, left, right).fill_(1);
  return mask;
}

TEST(Skeleton, OfABarIsItsMiddleLine) {
  const auto thin = skeleton(bar(20, 40, 7, 12, 5, 35));
  const auto rows = thin.sum(1);
  EXPECT_EQ(rows.count_nonzero().item<std::int64_t>(), 1);
  EXPECT_GT(thin[9].sum().item<std::int64_t>(), 24);
  EXPECT_LE(thin.sum(0).max().item<std::int64_t>(), 1);
}

TEST(Skeleton, LeavesThinLinesAndTheBorderAlone) {
  auto line = torch::zeros({9, 9}, at::kByte);
  line[0].fill_(1);
  EXPECT_TRUE(at::equal(skeleton(line), line));
  EXPECT_EQ(skeleton(torch::zeros({5, 5})).sum().item<std::int64_t>(), 0);
}

TEST(Skeleton, KeepsARingARing) {
  const auto y = torch::arange(31).unsqueeze(1) - 15, x = torch::arange(31).unsqueeze(0) - 15;
  const auto distance = (y.square() + x.square()).to(at::kFloat).sqrt();
  const auto thin = skeleton(distance.gt(7).logical_and(distance.lt(13)));
  EXPECT_EQ(thin.slice(0, 13, 18).slice(1, 13, 18).sum().item<std::int64_t>(), 0);  // the hole stays open
  for (const auto& ray : {thin[15].slice(0, 0, 15), thin[15].slice(0, 16, 31), thin.select(1, 15).slice(0, 0, 15)})
    EXPECT_EQ(ray.sum().item<std::int64_t>(), 1);
}

TEST(CentrelineDice, OneWhateverTheWidthAndLessForMissingBranches) {
  const auto wide = bar(30, 60, 10, 17, 5, 55), narrow = bar(30, 60, 12, 15, 5, 55);
  EXPECT_NEAR(centreline_dice(narrow, wide), 1, 0.05);
  auto branched = narrow.clone();
  branched.slice(0, 15, 29).slice(1, 28, 31).fill_(1);
  EXPECT_LT(centreline_dice(narrow, branched), centreline_dice(branched, branched) - 0.05);
  EXPECT_TRUE(std::isnan(centreline_dice(torch::zeros({4, 4}), narrow.slice(0, 0, 4).slice(1, 0, 4))));
}

}  // namespace
}  // namespace plexus
