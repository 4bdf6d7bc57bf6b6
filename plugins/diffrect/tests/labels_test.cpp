#include "labels.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace plexus::diffrect {
namespace {

at::Tensor colours(std::int64_t classes) {
  const auto labels = torch::arange(classes + 1, at::kLong).view({1, 1, classes + 1});  // one unknown value besides
  return paint_labels(labels, classes, at::kFloat)[0].squeeze(1).t();                   // [classes + 1, 3]
}

TEST(PaintLabels, FourClassesAreBlackRedGreenBlue) {
  EXPECT_TRUE(at::equal(colours(4), torch::tensor({{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 0}}).to(at::kFloat)));
}

TEST(PaintLabels, TwoClassesAreBlackAndWhite) {
  EXPECT_TRUE(at::equal(colours(2), torch::tensor({{0, 0, 0}, {1, 1, 1}, {0, 0, 0}}).to(at::kFloat)));
}

TEST(PaintLabels, EightClassesAreAllDifferent) {
  const auto all = colours(8).slice(0, 0, 8);
  EXPECT_EQ(std::get<0>(at::_unique((all * torch::tensor({4.0F, 2.0F, 1.0F})).sum(1))).numel(), 8);
}

TEST(PaintLabels, RefusesOtherCounts) {
  EXPECT_THROW(paint_labels(torch::zeros({1, 2, 2}, at::kLong), 9, at::kFloat), Error);
  EXPECT_THROW(paint_labels(torch::zeros({1, 2, 2}, at::kLong), 1, at::kFloat), Error);
}

at::Tensor pixel(std::initializer_list<float> p) {
  return torch::tensor(std::vector<float>(p)).view({1, static_cast<std::int64_t>(p.size()), 1, 1});
}

TEST(PseudoLabels, DividesTheSpreadByTheLargest) {
  // (0.6 - 0.1) / 0.6 = 0.83 passes although 0.6 itself does not.
  EXPECT_EQ(pseudo_labels(pixel({0.1F, 0.3F, 0.6F}), 0.8).item<std::int64_t>(), 2);
  EXPECT_EQ(pseudo_labels(pixel({0.2F, 0.3F, 0.5F}), 0.8).item<std::int64_t>(), 0);
}

TEST(PseudoLabels, FirstClassWinsATie) { EXPECT_EQ(pseudo_labels(pixel({0.0F, 0.5F, 0.5F}), 0.8).item<std::int64_t>(), 1); }

TEST(PseudoLabels, ThresholdIsStrict) { EXPECT_EQ(pseudo_labels(pixel({0.25F, 0.5F}), 0.5).item<std::int64_t>(), 0); }

TEST(PseudoLabels, CarryNoGradient) {
  const auto p = at::softmax(torch::randn({1, 3, 4, 4}).set_requires_grad(true), 1);
  const auto label = pseudo_labels(p, 0.5);
  EXPECT_FALSE(label.requires_grad());
  EXPECT_EQ(label.scalar_type(), at::kLong);
}

}  // namespace
}  // namespace plexus::diffrect
