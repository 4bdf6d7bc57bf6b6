#include <plexus/nn/soft_dice.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace {

using plexus::soft_dice;
using plexus::SoftDiceSettings;

// Two rows of four pixels, three classes.
struct Fixture {
  at::Tensor p = torch::tensor({{{0.7, 0.1, 0.2, 0.5}, {0.2, 0.8, 0.3, 0.1}, {0.1, 0.1, 0.5, 0.4}},
                                {{0.1, 0.3, 0.6, 0.2}, {0.1, 0.3, 0.3, 0.2}, {0.8, 0.4, 0.1, 0.6}}},
                               at::kDouble);
  at::Tensor y = torch::tensor({{0, 1, 2, 0}, {2, 0, 0, 2}}, at::kLong);
  // By the definition, of one row (or -1: the batch) and class.
  double dice(int row, int c, double smooth) const {
    double tp = 0, fp = 0, fn = 0;
    for (int b = 0; b < 2; ++b) {
      if (row >= 0 && b != row) continue;
      for (int i = 0; i < 4; ++i) {
        const double value = p[b][c][i].item<double>(), truth = y[b][i].item<std::int64_t>() == c ? 1 : 0;
        tp += value * truth;
        fp += value * (1 - truth);
        fn += (1 - value) * truth;
      }
    }
    return (2 * tp + smooth) / (2 * tp + fp + fn + smooth + 1e-8);
  }
};

TEST(SoftDice, IsThatOfTheForegroundOverTheBatch) {
  const Fixture f;
  const auto dice = soft_dice(f.p, f.y);
  ASSERT_EQ(dice.sizes(), at::IntArrayRef({2}));
  for (int c = 1; c < 3; ++c) EXPECT_NEAR(dice[c - 1].item<double>(), f.dice(-1, c, 1), 1e-12);
}

TEST(SoftDice, OfEachRowAndOfTheBackground) {
  const Fixture f;
  const auto dice = soft_dice(f.p, f.y, {.smooth = 0.5, .background = true, .over_batch = false});
  ASSERT_EQ(dice.sizes(), at::IntArrayRef({2, 3}));
  for (int row = 0; row < 2; ++row)
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(dice[row][c].item<double>(), f.dice(row, c, 0.5), 1e-12);
}

TEST(SoftDice, TakesVolumesAndGivesTheirGradient) {
  const auto p = torch::softmax(torch::randn({2, 3, 4, 5, 3}, at::kDouble), 1).detach().requires_grad_(true);
  const auto y = torch::randint(3, {2, 4, 5, 3}, at::kLong);
  soft_dice(p, y).sum().backward();
  const auto index = std::vector<at::indexing::TensorIndex>{1, 2, 3, 1, 0};
  const double step = 1e-6;
  const auto moved = [&](double by) {
    const at::NoGradGuard no_grad;
    auto other = p.detach().clone();
    other.index_put_(index, other.index(index) + by);
    return soft_dice(other, y).sum().item<double>();
  };
  EXPECT_NEAR(p.grad().index(index).item<double>(), (moved(step) - moved(-step)) / (2 * step), 1e-7);
  EXPECT_EQ(p.grad().select(1, 0).abs().max().item<double>(), 0);  // the background counts for nothing
}

}  // namespace
