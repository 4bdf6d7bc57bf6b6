#include <plexus/diffusion/timesteps.hpp>

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/base/random.hpp>
#include <plexus/train/context.hpp>

namespace plexus::diffusion {
namespace {

HostContext host() { return {Rng(3), at::kCPU}; }

std::vector<std::string> many(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) ids.push_back("case " + std::to_string(i));
  return ids;
}

TEST(Timesteps, UniformDrawsReachEveryStepAndBelongToTheirId) {
  auto context = host();
  const TimestepSampler sampler(7);
  const auto drawn = sampler.draw(context, many(700));
  const auto counts = drawn.t.bincount({}, 7);
  EXPECT_EQ(counts.numel(), 7);
  EXPECT_GT(counts.min().item<std::int64_t>(), 60);
  EXPECT_TRUE(at::equal(drawn.weight, torch::ones({700})));
  auto again = host();
  EXPECT_TRUE(at::equal(sampler.draw(again, {"case 5"}).t, drawn.t.narrow(0, 5, 1)));
}

TEST(Timesteps, LossesDecideOnceEveryStepHasItsHistory) {
  LossSecondMoment sampler(3, 2, 0.3);
  const auto see = [&](std::int64_t t, double loss) { sampler.update(torch::tensor({t}), torch::tensor({loss})); };
  see(0, 9);
  see(0, 1);
  see(0, 3);  // the first is forgotten
  see(1, 2);
  see(1, 2);
  see(2, 0);
  EXPECT_FALSE(sampler.warm());
  EXPECT_EQ(sampler.weights(), (std::vector<double>{1, 1, 1}));
  see(2, 0);
  ASSERT_TRUE(sampler.warm());
  const double first = std::sqrt(5.0), sum = first + 2;
  const auto weights = sampler.weights();
  EXPECT_NEAR(weights[0], 0.7 * first / sum + 0.1, 1e-9);
  EXPECT_NEAR(weights[2], 0.1, 1e-9);
  auto context = host();
  const auto drawn = sampler.draw(context, many(400));
  for (int i = 0; i < 400; ++i) {
    const auto step = drawn.t[i].item<std::int64_t>();
    EXPECT_NEAR(drawn.weight[i].item<double>(), 1 / (3 * weights[static_cast<std::size_t>(step)]), 1e-5);
  }
}

TEST(Timesteps, ByName) {
  EXPECT_NE(timestep_sampler("uniform", 5), nullptr);
  EXPECT_NE(dynamic_cast<LossSecondMoment*>(timestep_sampler("loss-second-moment", 5).get()), nullptr);
  EXPECT_THROW(timestep_sampler("unifrom", 5), Error);
}

}  // namespace
}  // namespace plexus::diffusion
