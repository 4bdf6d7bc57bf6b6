#include <plexus/nn/losses.hpp>

#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

at::Tensor labels(const std::vector<std::int64_t>& values) { return torch::tensor(values, at::kLong).view({1, 1, -1}); }

TEST(HardDiceLoss, EqualMapsLoseNothing) {
  const auto map = labels({0, 1, 2, 1});
  EXPECT_NEAR(hard_dice_loss(map, map, 4).item<double>(), 0, 1e-7);
}

TEST(HardDiceLoss, CountsBackgroundAndAbsentClasses) {
  // Class 0: 2*1/(1+2), class 1: 2*2/(3+2), class 2 absent from both: 0 lost.
  const double expected = ((1 - 2.0 / 3) + (1 - 4.0 / 5) + 0) / 3;
  EXPECT_NEAR(hard_dice_loss(labels({0, 1, 1, 1}), labels({0, 0, 1, 1}), 3).item<double>(), expected, 1e-5);
}

TEST(HardDiceLoss, IsFloat32) { EXPECT_EQ(hard_dice_loss(labels({0}), labels({1}), 2).scalar_type(), at::kFloat); }

TEST(DiceLoss, SquaresInTheDenominator) {
  const auto p = torch::full({1, 2, 1, 1}, 0.5, at::kDouble);
  const auto y = torch::zeros({1, 1, 1}, at::kLong);
  const double class0 = 1 - (2 * 0.5 + 1e-5) / (0.25 + 1 + 1e-5), class1 = 1 - 1e-5 / (0.25 + 1e-5);
  EXPECT_NEAR(dice_loss(p, y).item<double>(), (class0 + class1) / 2, 1e-12);
}

TEST(DiceLoss, SumsOverTheBatch) {
  const auto p = at::softmax(torch::randn({4, 3, 5, 5}), 1);
  const auto y = torch::randint(3, {4, 5, 5}, at::kLong);
  const auto once = dice_loss(p, y);
  const auto joined = dice_loss(p.permute({1, 0, 2, 3}).reshape({1, 3, 20, 5}), y.reshape({1, 20, 5}));
  EXPECT_NEAR(once.item<double>(), joined.item<double>(), 1e-6);
}

TEST(Losses, WorkOnVolumes) {
  const auto logits = torch::randn({2, 3, 4, 5, 6}).set_requires_grad(true);
  const auto y = torch::randint(3, {2, 4, 5, 6}, at::kLong);
  const auto sum = cross_entropy_and_dice(logits, y);
  EXPECT_NEAR(sum.item<double>(), (cross_entropy(logits, y) + dice_loss(at::softmax(logits, 1), y)).item<double>(), 1e-6);
  sum.backward();
  EXPECT_TRUE(logits.grad().isfinite().all().item<bool>());
}

TEST(PixelConcentration, EvenMapsWeighNothingAndOnePixelWeighsAll) {
  const auto even = torch::full({1, 2, 8, 8}, 0.5, at::kDouble);
  EXPECT_NEAR(pixel_concentration(even).item<double>(), 0, 1e-12);
  auto peak = torch::zeros({1, 1, 8, 8}, at::kDouble);
  peak[0][0][3][4] = 1;
  EXPECT_NEAR(pixel_concentration(peak).item<double>(), 1, 1e-12);
}

TEST(PixelConcentration, TwoPixelsGiveTheirEntropy) {
  auto map = torch::zeros({1, 1, 2, 2}, at::kDouble);
  map[0][0][0][0] = 3;
  map[0][0][1][1] = 1;
  const double entropy = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
  EXPECT_NEAR(pixel_concentration(map).item<double>(), 1 - entropy / std::log(4.0), 1e-12);
}

TEST(ComplementaryLoss, GradientGoesToTheStrongViewOnly) {
  const auto weak = torch::randn({2, 3, 4, 4}).set_requires_grad(true),
             strong = torch::randn({2, 3, 4, 4}).set_requires_grad(true);
  const auto unlikely = complementary_loss(at::softmax(weak, 1), at::softmax(strong, 1));
  (unlikely.weight * unlikely.loss).backward();
  EXPECT_FALSE(weak.grad().defined());
  EXPECT_GT(strong.grad().abs().sum().item<double>(), 0);
}

TEST(ComplementaryLoss, FallsAsTheUnlikelyClassLosesProbability) {
  const auto weak = torch::tensor({0.7, 0.2, 0.1}).view({1, 3, 1, 1}).expand({1, 3, 2, 2}).contiguous();
  const auto far = torch::tensor({0.5, 0.5, 0.0}).view({1, 3, 1, 1}).expand({1, 3, 2, 2});
  const auto near = torch::tensor({0.1, 0.1, 0.8}).view({1, 3, 1, 1}).expand({1, 3, 2, 2});
  const auto target = weak.argmin(1);
  EXPECT_LT(cross_entropy(1 - far, target).item<double>(), cross_entropy(1 - near, target).item<double>());
}

}  // namespace
}  // namespace plexus
