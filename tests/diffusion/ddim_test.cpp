#include <plexus/diffusion/ddim.hpp>

#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>

namespace plexus::diffusion {
namespace {

using Clip = DdimSettings::Clip;

TEST(Ddim, APerfectDenoiserEndsAtTheStart) {
  const Process process(cosine_betas(10), Predicts::start);
  const auto x0 = torch::rand({2, 3, 4}) * 2 - 1;
  std::vector<std::int64_t> told;
  const auto denoiser = [&](const at::Tensor&, const at::Tensor& t) {
    told.push_back(t[0].item<std::int64_t>());
    return x0;
  };
  const auto sample = ddim(respaced(process, {0, 4, 9}), denoiser, torch::randn({2, 3, 4}), {.clip = Clip::start});
  EXPECT_TRUE(at::allclose(sample, x0, 1e-5, 1e-5));
  EXPECT_EQ(told, (std::vector<std::int64_t>{9, 4, 0}));
}

TEST(Ddim, StepFollowsTheTrajectory) {
  const Process process(cosine_betas(10, 0.9), Predicts::start);
  const auto x0 = torch::randn({1, 5}, at::kDouble), noise = torch::randn({1, 5}, at::kDouble);
  const auto at = [&](std::int64_t step) { return process.noised(x0, torch::full({1}, step, at::kLong), noise); };
  const auto step = ddim_step(process, x0, at(6), 6, {});
  EXPECT_TRUE(at::allclose(step.sample, at(5), 1e-5, 1e-5));
}

TEST(Ddim, ClipsOnlyWhereAsked) {
  const Process process(cosine_betas(10), Predicts::start);
  const auto answer = torch::full({1, 2}, 3.0), x = torch::zeros({1, 2});
  EXPECT_DOUBLE_EQ(ddim_step(process, answer, x, 4, {.clip = Clip::start}).start.max().item<double>(), 1);
  EXPECT_DOUBLE_EQ(ddim_step(process, answer, x, 4, {}).start.max().item<double>(), 3);
}

TEST(Ddim, WithEtaOneTheNoiseHasThePosteriorsVariance) {
  const Process process(cosine_betas(10), Predicts::start);
  const auto x0 = torch::zeros({1, 1}), x = torch::zeros({1, 1});
  const auto without = ddim_step(process, x0, x, 5, {.eta = 1}, torch::zeros({1, 1})).sample;
  const auto with = ddim_step(process, x0, x, 5, {.eta = 1}, torch::ones({1, 1})).sample;
  const auto posterior = process.posterior(x0, x, torch::full({1}, 5, at::kLong));
  EXPECT_NEAR((with - without).item<double>(), std::sqrt(posterior.variance.item<double>()), 1e-6);
}

TEST(Ddim, EtaWithoutNoiseIsAMistake) {
  const Process process(cosine_betas(10), Predicts::start);
  EXPECT_THROW(ddim_step(process, torch::zeros({1}), torch::zeros({1}), 5, {.eta = 1}), std::logic_error);
  EXPECT_NO_THROW(ddim_step(process, torch::zeros({1}), torch::zeros({1}), 0, {.eta = 1}));
}

TEST(Ddim, StepsOfARowAreItsOwn) {
  const Process process(linear_betas(100), Predicts::noise);
  const auto x = torch::randn({2, 3}), answer = torch::randn({2, 3}), noise = torch::randn({2, 3});
  const DdimSettings settings{.clip = Clip::start, .eta = 0.7};
  const auto both = ddim_step(process, answer, x, torch::tensor({0, 40}, at::kLong), settings, noise).sample;
  for (const std::int64_t row : {0, 1}) {
    const auto part = [row](const at::Tensor& all) { return all.narrow(0, row, 1); };
    const auto one = ddim_step(process, part(answer), part(x), row * 40, settings, part(noise)).sample;
    EXPECT_TRUE(at::allclose(part(both), one, 1e-6, 1e-6));
  }
}

TEST(Ddim, TheWayBackLeadsToWhereItCameFrom) {
  const Process process(linear_betas(200), Predicts::noise);
  const auto denoiser = [](const at::Tensor& x, const at::Tensor&) { return 0.2 * x; };
  const auto x0 = torch::rand({2, 3, 4}) - 0.5;
  const auto noise = ddim_inverse(process, denoiser, x0, {});
  EXPECT_TRUE(at::allclose(ddim(process, denoiser, noise, {}), x0, 0.05, 0.02));
  EXPECT_THROW(ddim_inverse_step(process, x0, x0, torch::tensor({3}), {.eta = 1}), std::logic_error);
}

TEST(Ddim, BeginsWhereItIsTold) {
  const Process process(linear_betas(50), Predicts::start);
  std::vector<std::int64_t> told;
  const auto denoiser = [&](const at::Tensor& x, const at::Tensor& t) {
    told.push_back(t[0].item<std::int64_t>());
    return x;
  };
  ddim(process, denoiser, torch::randn({1, 2}), {.from = 3});
  EXPECT_EQ(told, (std::vector<std::int64_t>{3, 2, 1, 0}));
  EXPECT_THROW(ddim(process, denoiser, torch::randn({1, 2}), {.from = 50}), std::logic_error);
}

TEST(Ddim, AsksForFreshNoiseAtEveryStepButTheLast) {
  const Process process(cosine_betas(5), Predicts::start);
  std::vector<std::int64_t> asked;
  ddim(
      process, [](const at::Tensor& x, const at::Tensor&) { return at::zeros_like(x); }, torch::randn({1, 2}), {.eta = 0.5},
      [&](std::int64_t step) {
        asked.push_back(step);
        return torch::randn({1, 2});
      });
  EXPECT_EQ(asked, (std::vector<std::int64_t>{4, 3, 2, 1}));
}

}  // namespace
}  // namespace plexus::diffusion
