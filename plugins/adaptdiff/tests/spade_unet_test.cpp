#include "spade_unet.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <plexus/nn/batch_norm.hpp>
#include <plexus/nn/state_dict.hpp>

#include "sampling.hpp"
#include "support.hpp"

namespace plexus::adaptdiff {
namespace {

at::Tensor random_masks(std::int64_t count, std::int64_t side) {
  return torch::rand({count, 1, side / 4, side / 4}).gt(0.7).to(at::kFloat).repeat_interleave(4, 2).repeat_interleave(4, 3);
}

TEST(SpadeUnet, ConditionMadeOnceGivesTheSameBits) {
  torch::manual_seed(3);
  const at::NoGradGuard no_grad;
  SpadeUnet network(test::small_model().unet);
  network.eval();
  const auto mask = random_masks(1, 32);
  const auto condition = network.condition(mask, 32, 32);
  for (const std::int64_t step : {4, 2, 0}) {
    const auto x = torch::randn({1, 1, 32, 32}), t = torch::full({1}, step, at::kLong);
    EXPECT_TRUE(at::equal(network.forward(x, t, mask), network.forward(x, t, condition)));
  }
}

TEST(SpadeUnet, AnswersDependOnMaskAndTime) {
  torch::manual_seed(3);
  const at::NoGradGuard no_grad;
  SpadeUnet network(test::small_model().unet);
  network.eval();
  const auto x = torch::randn({1, 1, 32, 32}), mask = random_masks(1, 32), t = torch::full({1}, 3, at::kLong);
  const auto answer = network.forward(x, t, mask);
  EXPECT_FALSE(at::allclose(answer, network.forward(x, t, 1 - mask)));
  EXPECT_FALSE(at::allclose(answer, network.forward(x, t * 0, mask)));
}

TEST(SpadeUnet, FindsItsWidthsInAStateDict) {
  const SpadeUnetSettings made{.widths = {3, 5, 7}, .time_size = 6, .embed_channels = 9};
  SpadeUnet network(made);
  const auto found = settings_of(state_dict(network), SpadeUnetSettings{});
  EXPECT_EQ(found.widths, made.widths);
  EXPECT_EQ(found.time_size, 6);
  EXPECT_EQ(found.embed_channels, 9);
  ResUnet segmenter({.in_channels = 3, .widths = {2, 6, 4}});
  const auto other = settings_of(state_dict(segmenter), ResUnetSettings{});
  EXPECT_EQ(other.widths, (std::vector<std::int64_t>{2, 6, 4}));
  EXPECT_EQ(other.in_channels, 3);
  EXPECT_EQ(other.classes, 2);
}

TEST(MaskedRows, GiveEachRowWhatItGetsAlone) {
  torch::manual_seed(3);
  const at::NoGradGuard no_grad;
  SpadeUnet network(test::small_model().unet);
  network.eval();
  const NormScope scope(network, NormBy::image);
  for (const std::int64_t count : {2, 5}) {
    auto masks = random_masks(count, 48);
    masks[1] = masks[0];  // rows of one mask share its condition
    MaskedRows rows(network, masks, true);
    for (int step = 0; step < 2; ++step) {  // the first call tries, the second knows
      const auto x = torch::randn({count, 1, 48, 48}), t = torch::full({count}, 2, at::kLong);
      const auto all = rows(x, t);
      for (std::int64_t row = 0; row < count; ++row) {
        MaskedRows alone(network, masks.slice(0, row, row + 1), true);
        EXPECT_TRUE(at::equal(all.slice(0, row, row + 1), alone(x.slice(0, row, row + 1), t.slice(0, row, row + 1))));
      }
    }
  }
}

TEST(Sampling, HoldsXAfterEachStepAsPublishedOrTheEstimateOfX0) {
  const auto process = ScheduleSettings{.steps = 4, .beta_end = 0.5}.process();
  const auto answer = [](const at::Tensor& x, const at::Tensor&) { return x * 0; };
  const auto noise = [](std::int64_t) { return torch::zeros({1, 1, 2, 2}); };
  const auto begin = torch::full({1, 1, 2, 2}, 3.0F);
  std::vector<double> largest;
  const auto watch = [&](const diffusion::SamplerProgress& at) { largest.push_back(at.x.max().item<double>()); };
  sampled(process, answer, begin, {.sampler = "ddpm"}, noise, watch);
  ASSERT_EQ(largest.size(), 4U);
  for (const double one : largest) EXPECT_LE(one, 1);
  largest.clear();
  sampled(process, answer, begin, {.sampler = "ddpm-x0"}, noise, watch);
  EXPECT_GT(largest.front(), 1);
  EXPECT_LE(largest.back(), 1);
  EXPECT_EQ(sampled(process, answer, begin, {.sampler = "ddim", .sampling_steps = 2}, noise).sizes(), begin.sizes());
}

TEST(Sampling, KeepsFramesAtMultiplesOfTheStride) {
  EXPECT_EQ(kept_frames(300, 5), (std::vector<std::int64_t>{240, 180, 120, 60, 0}));
  EXPECT_EQ(kept_frames(11, 4), (std::vector<std::int64_t>{10, 8, 6, 4, 2, 0}));  // more than asked for, as published
  EXPECT_EQ(kept_frames(3, 3), (std::vector<std::int64_t>{2, 1, 0}));
}

}  // namespace
}  // namespace plexus::adaptdiff
