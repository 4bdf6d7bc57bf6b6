#include <plexus/diffusion/ddpm.hpp>

#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>

namespace plexus::diffusion {
namespace {

TEST(Ddpm, NoNoiseAtTheLastStep) {
  const Process process(linear_betas(50), Predicts::noise);
  const auto x = torch::randn({2, 1, 3}), answer = torch::randn({2, 1, 3}), noise = torch::randn({2, 1, 3});
  const auto t = torch::tensor({0, 20}, at::kLong);
  const auto with = ddpm_step(process, answer, x, t, {}, noise), without = ddpm_step(process, answer, x, t, {}, noise * 0);
  EXPECT_TRUE(at::equal(with.sample[0], without.sample[0]));
  EXPECT_FALSE(at::allclose(with.sample[1], without.sample[1]));
  // Ancestral sampling ends at x0 itself: the posterior of step 0 has no share of x_t.
  EXPECT_TRUE(at::allclose(with.sample[0], with.start[0], 1e-5, 1e-6));
}

TEST(Ddpm, TheNoiseHasTheVarianceOfTheProcess) {
  for (const auto kind : {Variance::fixed_small, Variance::fixed_large}) {
    const Process process(linear_betas(50), ProcessSettings{.variance = kind});
    const auto x = torch::zeros({1, 1, 1}), t = torch::tensor({30}, at::kLong);
    const auto spread = ddpm_step(process, x, x, t, {}, torch::ones({1, 1, 1})).sample - ddpm_step(process, x, x, t, {}, x).sample;
    const double variance = kind == Variance::fixed_large ? process.beta()[30] : process.table(Process::Table::posterior_variance)[30];
    EXPECT_NEAR(spread.item<double>(), std::sqrt(variance), 1e-6);
  }
}

TEST(Ddpm, LoopsOverTheKeptStepsAndTellsOriginalOnes) {
  const auto process = respaced(Process(linear_betas(100), Predicts::start), kept_steps(100, "ddim10"));
  std::vector<std::int64_t> told, drawn;
  const auto x0 = torch::full({1, 1, 2}, 0.25);
  const auto made = ddpm(
      process,
      [&](const at::Tensor&, const at::Tensor& t) {
        told.push_back(t[0].item<std::int64_t>());
        return x0;
      },
      torch::randn({1, 1, 2}), {},
      [&](std::int64_t step) {
        drawn.push_back(step);
        return torch::randn({1, 1, 2});
      });
  EXPECT_TRUE(at::allclose(made, x0, 1e-4, 1e-5));
  EXPECT_EQ(told, (std::vector<std::int64_t>{90, 80, 70, 60, 50, 40, 30, 20, 10, 0}));
  EXPECT_EQ(drawn.size(), 9u);
  EXPECT_EQ(drawn.back(), 1);
}

TEST(Ddpm, ClipsXWhereAskedAndReports) {
  const Process process(linear_betas(30), Predicts::noise);
  std::int64_t reports = 0;
  ddpm(
      process, [](const at::Tensor& x, const at::Tensor&) { return at::zeros_like(x); }, torch::full({1, 1, 4}, 9.0),
      {.clip = Clip::none,
       .clip_x = Clip::start,
       .from = 11,
       .on_step =
           [&](const SamplerProgress& at) {
             ++reports;
             EXPECT_LE(at.x.abs().max().item<double>(), 1);
             EXPECT_EQ(at.of, 12);
           }},
      [](std::int64_t) { return torch::randn({1, 1, 4}); });
  EXPECT_EQ(reports, 12);
  EXPECT_THROW(ddpm_step(process, torch::zeros({1}), torch::zeros({1}), torch::tensor({3}), {}, {}), std::logic_error);
}

}  // namespace
}  // namespace plexus::diffusion
