#include "rectifier.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace plexus::diffrect {
namespace {

const std::vector<std::int64_t> kSmall{2, 2, 4, 4, 4};
const std::vector<double> kNone{0, 0, 0, 0, 0};

struct Inputs {
  at::Tensor label = torch::randint(2, {2, 3, 64, 64}).to(at::kFloat), good = torch::randint(2, {2, 3, 64, 64}).to(at::kFloat);
  at::Tensor image = torch::rand({2, 1, 64, 64}), tau = torch::tensor({10.0F, 700.0F}), step = torch::tensor({0, 9}, at::kLong);
  at::Tensor noise = torch::randn({2, 4, 4, 4});
};

TEST(Rectifier, HasThePublishedSize) {
  const Rectifier network(RectifierSettings{});
  std::int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  EXPECT_EQ(count, 17468212);
  EXPECT_EQ(network.parameters().size() + network.buffers().size(), 310U);
}

TEST(Rectifier, SamplingNeedsNoGradientAndIsBounded) {
  Rectifier network({.widths = kSmall, .dropout = kNone});
  network.eval();
  const Inputs in;
  std::vector<at::Tensor> seen;
  const auto logits =
      network.sample(in.label, in.tau, in.image, in.noise, [&](const at::Tensor& x, const at::Tensor&) { seen.push_back(x); });
  EXPECT_EQ(logits.sizes(), at::IntArrayRef({2, 4, 64, 64}));
  EXPECT_FALSE(logits.requires_grad());
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_TRUE(at::equal(seen.front(), in.noise));
}

TEST(Rectifier, CleanLatentGetsNoGradient) {
  Rectifier network({.widths = kSmall, .dropout = kNone});
  Inputs in;
  in.good.set_requires_grad(true);
  const auto trained = network.train_step(in.label, in.tau, in.image, in.good, in.noise, in.step);
  (trained.latent_loss + trained.logits.mean()).backward();
  EXPECT_FALSE(in.good.grad().defined());
  for (const auto& item : network.named_parameters()) EXPECT_TRUE(item.value().grad().defined()) << item.key();
}

TEST(Rectifier, TrainingSeesGoodLabelsInItsStatistics) {
  Rectifier network({.widths = kSmall, .dropout = kNone});
  const Inputs in;
  network.train_step(in.label, in.tau, in.image, in.good, in.noise, in.step);
  const auto buffers = network.named_buffers();
  EXPECT_EQ(buffers["encoder.in_conv.conv0.1.num_batches_tracked"].item<std::int64_t>(), 2);
  EXPECT_EQ(buffers["embedder.in_conv.conv0.1.num_batches_tracked"].item<std::int64_t>(), 1);
}

TEST(Rectifier, MethodsDifferInTheLatent) {
  const Inputs in;
  EXPECT_NO_THROW(Rectifier({.widths = kSmall, .dropout = kNone, .method = "adaptor"})
                      .train_step(in.label, in.tau, in.image, in.good, in.noise, in.step));
  EXPECT_THROW(Rectifier({.widths = kSmall, .dropout = kNone, .method = "adapter"}), Error);
}

TEST(Rectifier, RefusesSchedulesThatCannotBe) {
  EXPECT_THROW(Rectifier({.widths = kSmall, .dropout = kNone, .schedule = "linear"}), Error);
  EXPECT_THROW(Rectifier({.widths = kSmall, .dropout = kNone, .sample_steps = 11}), Error);
}

TEST(RectifierSettings, MultipleOfFiveLevelsIs64) { EXPECT_EQ(RectifierSettings{}.multiple(), 64); }

}  // namespace
}  // namespace plexus::diffrect
