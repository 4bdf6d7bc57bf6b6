#include <plexus/eval/roc.hpp>

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

TEST(Roc, CountsPairsInOrderAndTiesByHalf) {
  const auto truth = torch::tensor({0, 1, 0, 1}, at::kByte);
  EXPECT_DOUBLE_EQ(area_under_roc(torch::tensor({0.1, 0.9, 0.2, 0.8}), truth), 1);
  EXPECT_DOUBLE_EQ(area_under_roc(torch::tensor({0.9, 0.1, 0.8, 0.2}), truth), 0);
  EXPECT_DOUBLE_EQ(area_under_roc(torch::tensor({0.5, 0.5, 0.5, 0.5}), truth), 0.5);
  EXPECT_DOUBLE_EQ(area_under_roc(torch::tensor({1, 1, 0, 2}), truth), (0.5 + 1 + 1 + 1) / 4);
}

TEST(Roc, AgreesWithCountingEveryPair) {
  torch::manual_seed(4);
  const auto score = torch::randint(0, 20, {12, 13}), truth = torch::randint(0, 2, {12, 13});
  const auto inside = score.masked_select(truth.gt(0)).unsqueeze(1), outside = score.masked_select(truth.eq(0)).unsqueeze(0);
  const auto wins = inside.gt(outside).to(at::kDouble) + inside.eq(outside).to(at::kDouble) / 2;
  EXPECT_NEAR(area_under_roc(score, truth), wins.mean().item<double>(), 1e-12);
}

TEST(Roc, UndefinedWithoutBothKinds) {
  EXPECT_TRUE(std::isnan(area_under_roc(torch::rand({4}), torch::ones({4}))));
  EXPECT_TRUE(std::isnan(area_under_roc(torch::rand({0}), torch::ones({0}))));
  EXPECT_THROW(area_under_roc(torch::rand({4}), torch::ones({3})), std::invalid_argument);
}

}  // namespace
}  // namespace plexus
