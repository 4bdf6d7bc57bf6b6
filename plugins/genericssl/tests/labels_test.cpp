#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

#include "difficulty.hpp"
#include "losses.hpp"
#include "pseudo_label.hpp"

namespace plexus::genericssl {
namespace {

TEST(Losses, NamesOfAGroupAreAlike) {
  torch::manual_seed(1);
  const auto logits = torch::randn({2, 3, 4, 5}), label = torch::randint(3, {2, 4, 5}, at::kLong);
  const auto weights = torch::tensor({0.2, 3.0, 1.5});
  const auto total = [&](const char* name) { return supervise(name, logits, label, weights).total.item<double>(); };
  EXPECT_EQ(total("ce"), total("wce"));
  EXPECT_EQ(total("ce+dice"), total("wce+dice"));
  EXPECT_EQ(total("ce+dice"), total("w_ce+dice"));
  EXPECT_NE(total("ce"), total("ce+dice"));
  EXPECT_EQ(supervise("ce", logits, label).dice.item<double>(), 0);
  EXPECT_THROW(supervise("dice", logits, label), Error);
}

TEST(Losses, AreInFullPrecision) {
  const auto logits = torch::randn({1, 2, 8, 8}).to(at::kBFloat16);
  const auto label = torch::randint(2, {1, 8, 8}, at::kLong);
  EXPECT_EQ(supervise("ce+dice", logits, label).total.scalar_type(), at::kFloat);
}

TEST(Difficulty, AbsentClassesCountHalf) {
  const auto label = torch::tensor({{0, 0, 1, 1}}, at::kLong), prediction = torch::tensor({{0, 1, 1, 1}}, at::kLong);
  const auto dice = hard_dice(prediction, label, 3);
  EXPECT_NEAR(dice[0].item<double>(), 2.0 / 3, 1e-7);
  EXPECT_NEAR(dice[1].item<double>(), 0.8, 1e-7);
  EXPECT_DOUBLE_EQ(dice[2].item<double>(), 0.5);
}

// What is written from the page's formulas, one class at a time.
TEST(Difficulty, FollowsItsFormulas) {
  torch::manual_seed(3);
  Difficulty difficulty(3, 50);
  std::vector<double> last(3, 1e-8), learn(3, 0), unlearn(3, 0), missing(3, 1);
  for (int call = 0; call < 4; ++call) {
    const auto logits = torch::randn({2, 3, 6, 6}), label = torch::randint(call == 2 ? 2 : 3, {2, 6, 6}, at::kLong);
    const auto weights = difficulty.update(logits, label);
    const auto dice = hard_dice(logits.argmax(1), label, 3);
    for (std::size_t c = 0; c < 3; ++c) {
      const double d = dice[static_cast<std::int64_t>(c)].item<double>(), gain = d - last[c],
                   change = gain * std::log(d / last[c]) / 50;
      learn[c] = 0.98 * learn[c] + (gain > 0 ? change : 0);
      unlearn[c] = 0.98 * unlearn[c] + (gain > 0 ? 0 : change);
      missing[c] = 0.98 * missing[c] + (1 - d) / 50;
      last[c] = d;
      const double weight = 3 * std::pow((unlearn[c] + 1e-8) / (learn[c] + 1e-8), 0.2) * missing[c];
      EXPECT_NEAR(weights[static_cast<std::int64_t>(c)].item<double>(), weight, 1e-5 * weight) << call;
    }
  }
}

TEST(PseudoLabel, XiAndPsiVoteTogether) {
  // One row of three voxels, two classes: xi is sure of 1 everywhere, psi of 0 in the last voxel.
  const auto x0 = torch::tensor({{{-1.0, -1.0, -1.0}, {1.0, 1.0, 1.0}}}).unsqueeze(-1);
  const auto psi = torch::tensor({{{0.0, 0.0, 9.0}, {0.0, 0.0, -9.0}}}).unsqueeze(-1);
  const auto plain = pseudo_label(x0, psi, {}, 1);
  EXPECT_TRUE(torch::allclose(plain.xi.sum(1), torch::ones({1, 3, 1})));
  EXPECT_EQ(plain.label.flatten()[0].item<int>(), 1);
  EXPECT_EQ(plain.label.flatten()[2].item<int>(), 0);
  // A low temperature gives xi as sure a vote as psi's; the border's smoothing takes some of it away.
  EXPECT_GT(pseudo_label(x0, psi, {}, 0.1).xi[0][1][0][0].item<float>(), plain.xi[0][1][0][0].item<float>());
  // Noise that outweighs the sample turns its vote.
  const auto noise = torch::tensor({{{9.0, 9.0, 9.0}, {0.0, 0.0, 0.0}}}).unsqueeze(-1);
  EXPECT_EQ(pseudo_label(x0, psi, noise, 1).label.flatten()[0].item<int>(), 0);
}

TEST(PseudoLabel, TheFirstClassWinsATie) {
  const auto nothing = torch::zeros({1, 3, 4, 4});
  EXPECT_EQ(pseudo_label(nothing, nothing, {}, 1).label.max().item<int>(), 0);
}

TEST(PseudoLabel, SmoothingKeepsConstantsInsideAndLosesAtTheBorder) {
  const auto y = smoothed_by_3(torch::ones({1, 1, 5, 5, 5}))[0][0];
  EXPECT_NEAR(y[2][2][2].item<double>(), 1, 1e-6);
  EXPECT_NEAR(y[0][2][2].item<double>(), 1 - 0.274069, 1e-6);
}

TEST(PseudoLabel, GumbelNoiseIsFiniteAndHasItsMoments) {
  torch::manual_seed(4);
  EXPECT_TRUE(gumbel_noise(torch::zeros({1})).isfinite().all().item<bool>());
  EXPECT_TRUE(gumbel_noise(torch::full({1}, std::nextafter(1.0f, 0.0f))).isfinite().all().item<bool>());
  const auto noise = gumbel_noise(torch::rand({100'000}));
  EXPECT_NEAR(noise.mean().item<double>(), 0.5772, 0.02);
  EXPECT_NEAR(noise.std().item<double>(), 1.2825, 0.02);
}

}  // namespace
}  // namespace plexus::genericssl
