#include <plexus/diffusion/dpm_solver.hpp>

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/diffusion/schedule.hpp>

namespace plexus::diffusion {
namespace {

using Algorithm = DpmSettings::Algorithm;
using Form = DpmSettings::Form;
using Method = DpmSettings::Method;
using Skip = DpmSettings::Skip;

// For data ~ N(mean, deviation^2) the best noise prediction and the flow's solution are known: x - alpha mean keeps its
// proportion to sqrt(alpha^2 deviation^2 + sigma^2).
struct Gaussian {
  ContinuousSchedule schedule = ContinuousSchedule::linear();
  double mean = 0.4, deviation = 0.3;
  double spread(double t) const {
    return std::sqrt(std::pow(schedule.alpha(t) * deviation, 2) + std::pow(schedule.sigma(t), 2));
  }
  Denoiser denoiser() const {
    return [this](const at::Tensor& x, const at::Tensor& told) {
      const double t = told[0].item<double>();
      return schedule.sigma(t) * (x - schedule.alpha(t) * mean) / std::pow(spread(t), 2);
    };
  }
  at::Tensor solution(const at::Tensor& x, double from, double to) const {
    return schedule.alpha(to) * mean + (x - schedule.alpha(from) * mean) * (spread(to) / spread(from));
  }
};

TEST(ContinuousSchedule, LambdaHasAnInverse) {
  for (const auto& schedule : {ContinuousSchedule::linear(), ContinuousSchedule::cosine(),
                               ContinuousSchedule::discrete(linear_betas(50)), ContinuousSchedule::discrete(cosine_betas(200))}) {
    for (const double t : {0.03, 0.1, 0.5, 0.77, 0.99}) {
      EXPECT_NEAR(schedule.time_of(schedule.lambda(t)), t, 1e-6);
      EXPECT_NEAR(std::pow(schedule.alpha(t), 2) + std::pow(schedule.sigma(t), 2), 1, 1e-12);
    }
  }
}

TEST(ContinuousSchedule, DiscreteMeetsTheProcessAtItsSteps) {
  const Process process(linear_betas(50), Predicts::noise);
  const auto schedule = ContinuousSchedule::discrete(process.beta());
  for (const int n : {0, 20, 49}) {
    const double t = (n + 1) / 50.0;
    EXPECT_NEAR(std::pow(schedule.alpha(t), 2), process.alpha_bar()[static_cast<std::size_t>(n)], 1e-12);
    EXPECT_NEAR(schedule.told(t), 1000.0 / 50 * n, 1e-9);
  }
  EXPECT_NEAR(schedule.beginning(), 0.02, 1e-15);
  EXPECT_THROW(ContinuousSchedule::discrete(linear_betas(20)), Error);  // the last beta is 1
}

TEST(DpmSolver, ConvergesToTheFlowFasterAtHigherOrders) {
  const Gaussian world;
  const auto x = torch::linspace(-2, 2, 7, at::kDouble).view({1, 1, 7});
  const auto truth = world.solution(x, world.schedule.end(), world.schedule.beginning());
  for (const auto algorithm : {Algorithm::data, Algorithm::noise}) {
    for (const auto method : {Method::multistep, Method::singlestep}) {
      for (const auto form : {Form::exact, Form::taylor}) {
        double before = 1e9;
        for (const std::int64_t order : {1, 2, 3}) {
          const auto error = [&](std::int64_t steps) {
            const DpmSolver solver(world.schedule, Predicts::noise, world.denoiser(),
                                   {.algorithm = algorithm, .method = method, .skip = Skip::log_snr, .form = form,
                                    .order = order, .steps = steps, .clip = Clip::none, .finish_with_start = false});
            return (solver.sample(x) - truth).abs().max().item<double>();
          };
          const double coarse = error(30), fine = error(60);
          // Times are told in float32: below 1e-4 that is what is left.
          EXPECT_LT(fine, std::max(0.75 * coarse, 1e-4)) << order;
          EXPECT_LT(fine, std::max(before, 1e-4)) << order;
          before = fine;
        }
        EXPECT_LT(before, 1e-3);
      }
    }
  }
}

TEST(DpmSolver, EveryGridIsFallingAndEndsWhereItShould) {
  const auto schedule = ContinuousSchedule::discrete(linear_betas(1000));
  const DpmSolver solver(schedule, Predicts::noise, [](const at::Tensor& x, const at::Tensor&) { return x; }, {});
  for (const auto skip : {Skip::time_uniform, Skip::time_quadratic, Skip::log_snr}) {
    const auto grid = solver.times(skip, schedule.end(), schedule.beginning(), 12);
    ASSERT_EQ(grid.size(), 13u);
    EXPECT_NEAR(grid.front(), 1, 1e-9);
    EXPECT_NEAR(grid.back(), 0.001, 1e-9);
    EXPECT_TRUE(std::is_sorted(grid.rbegin(), grid.rend()));
  }
}

TEST(DpmSolver, TakesAsManyEvaluationsAsItSays) {
  for (const auto method : {Method::multistep, Method::singlestep}) {
    for (const std::int64_t order : {1, 2, 3}) {
      for (const std::int64_t steps : {6, 7, 8, 20}) {
        std::int64_t calls = 0;
        const Process process(linear_betas(100), ProcessSettings{.variance = Variance::learned_range});
        const auto made = dpm_solver(
            process,
            [&](const at::Tensor& x, const at::Tensor&) {
              ++calls;
              return at::cat({0.5 * x, x}, 1);
            },
            torch::randn({2, 1, 4}), {.method = method, .order = order, .steps = steps, .finish_with_start = false});
        EXPECT_EQ(calls, steps) << order;
        EXPECT_EQ(made.sizes(), at::IntArrayRef({2, 1, 4}));
      }
    }
  }
}

TEST(DpmSolver, AnswersOfEveryKindGiveOneImage) {
  const Process noise(linear_betas(100), Predicts::noise), start(linear_betas(100), Predicts::start),
      velocity(linear_betas(100), Predicts::velocity);
  const auto x = torch::randn({1, 1, 5});
  // A denoiser that always believes in 0.3.
  const auto schedule = ContinuousSchedule::discrete(noise.beta());
  const auto time = [&](const at::Tensor& told) { return told[0].item<double>() / 1000 + schedule.beginning(); };
  const auto eps = [&](const at::Tensor& now, double t) { return (now - schedule.alpha(t) * 0.3) / schedule.sigma(t); };
  const DpmSettings settings{.steps = 10, .clip = Clip::none};
  const auto by_noise = dpm_solver(noise, [&](const at::Tensor& now, const at::Tensor& t) { return eps(now, time(t)); }, x, settings);
  const auto by_start = dpm_solver(start, [](const at::Tensor& now, const at::Tensor&) { return torch::full_like(now, 0.3); }, x, settings);
  const auto by_velocity = dpm_solver(
      velocity,
      [&](const at::Tensor& now, const at::Tensor& t) {
        return schedule.alpha(time(t)) * eps(now, time(t)) - schedule.sigma(time(t)) * 0.3;
      },
      x, settings);
  EXPECT_NEAR((by_start - 0.3).abs().max().item<double>(), 0, 1e-6);
  EXPECT_NEAR((by_noise - 0.3).abs().max().item<double>(), 0, 1e-3);
  EXPECT_NEAR((by_velocity - 0.3).abs().max().item<double>(), 0, 1e-3);
}

TEST(DpmSolver, RefusesWhatItCannotDo) {
  const auto denoiser = [](const at::Tensor& x, const at::Tensor&) { return x; };
  const auto schedule = ContinuousSchedule::linear();
  EXPECT_THROW(DpmSolver(schedule, Predicts::noise, denoiser, {.order = 4}), Error);
  EXPECT_THROW(DpmSolver(schedule, Predicts::noise, denoiser, {.order = 3, .steps = 2}), Error);
  EXPECT_THROW(DpmSolver(schedule, Predicts::previous, denoiser, {}), Error);
}

}  // namespace
}  // namespace plexus::diffusion
