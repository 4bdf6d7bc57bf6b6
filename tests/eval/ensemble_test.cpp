#include <plexus/eval/ensemble.hpp>

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/eval/calibration.hpp>

namespace plexus {
namespace {

TEST(Ensemble, FusesByEachRule) {
  const auto members = torch::tensor({{0.2, 0.9}, {0.6, 0.9}, {0.7, 0.0}});
  EXPECT_TRUE(at::allclose(fuse(members, "mean"), torch::tensor({0.5, 0.6})));
  EXPECT_TRUE(at::allclose(fuse(members, "vote"), torch::tensor({2.0 / 3, 2.0 / 3})));
  EXPECT_TRUE(at::allclose(fuse(members, "vote", 0.65), torch::tensor({1.0 / 3, 2.0 / 3})));
  EXPECT_TRUE(at::allclose(fuse(members, "squared-mean"), torch::tensor({0.25, 0.36})));
  EXPECT_THROW(fuse(members, "median"), Error);
}

TEST(Ensemble, DisagreementIsNoneWhereAllAgree) {
  const auto same = torch::ones({4, 3});
  for (const auto* measure : {"std", "variance", "entropy"}) EXPECT_EQ(disagreement(same, measure).abs().max().item<double>(), 0) << measure;
  const auto half = torch::tensor({{0.0}, {1.0}});
  EXPECT_NEAR(disagreement(half, "std").item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(disagreement(half, "variance").item<double>(), 0.25, 1e-6);
  EXPECT_NEAR(disagreement(half, "entropy").item<double>(), std::log(2.0), 1e-6);
  EXPECT_EQ(disagreement(half.narrow(0, 0, 1), "std").item<double>(), 0);
}

// The estimate of Warfield, Zou and Wells (2004), section II, step by step.
TEST(Staple, FollowsTheExpectationMaximisation) {
  torch::manual_seed(3);
  const auto truth = (torch::rand({200}) > 0.6).to(at::kDouble);
  const auto noisy = [&](double flip) { return (truth - (torch::rand({200}) < flip).to(at::kDouble)).abs(); };
  const auto masks = at::stack({noisy(0.05), noisy(0.1), noisy(0.3)});
  auto p = torch::full({3}, 0.99999, at::kDouble), q = torch::full({3}, 0.99999, at::kDouble);
  const double prior = masks.mean().item<double>();
  at::Tensor w;
  for (int i = 0; i < 300; ++i) {
    const auto a = (masks * p.view({3, 1}) + (1 - masks) * (1 - p).view({3, 1})).prod(0) * prior;
    const auto b = (masks * (1 - q).view({3, 1}) + (1 - masks) * q.view({3, 1})).prod(0) * (1 - prior);
    w = a / (a + b);
    p = (masks * w).sum(1) / w.sum();
    q = ((1 - masks) * (1 - w)).sum(1) / (1 - w).sum();
  }
  const auto made = staple(masks.to(at::kByte), 300);
  EXPECT_LT((made.to(at::kDouble) - w).abs().max().item<double>(), 0.02);
  // It trusts the better raters.
  const auto wrong = [&](const at::Tensor& map) { return ((map > 0.5).to(at::kDouble) - truth).abs().sum().item<double>(); };
  EXPECT_LT(wrong(made), wrong(masks[2]) / 2);
}

TEST(Staple, TakesUnanimousAndEmptyMasksAsTheyAre) {
  const auto empty = torch::zeros({3, 4, 4}, at::kByte);
  EXPECT_EQ(staple(empty).max().item<double>(), 0);
  EXPECT_EQ(staple(empty + 1).min().item<double>(), 1);
  auto one = empty.clone();
  one[0][1][1] = 1;
  const auto made = staple(one);
  EXPECT_TRUE(made.isfinite().all().item<bool>());
  EXPECT_EQ(made.sizes(), at::IntArrayRef({4, 4}));
}

TEST(Calibration, ErrorIsTheGapOfEachBin) {
  EXPECT_NEAR(expected_calibration_error(torch::full({10}, 0.3), torch::arange(10) < 3), 0, 1e-7);
  EXPECT_NEAR(expected_calibration_error(torch::full({10}, 0.9), torch::arange(10) < 3), 0.6, 1e-6);
  const auto score = torch::tensor({0.1, 0.1, 0.8, 0.8}), truth = torch::tensor({0, 1, 1, 1});
  EXPECT_NEAR(expected_calibration_error(score, truth, 2), 0.5 * 0.4 + 0.5 * 0.2, 1e-6);
  EXPECT_TRUE(std::isnan(expected_calibration_error(torch::zeros({0}), torch::zeros({0}))));
}

}  // namespace
}  // namespace plexus
