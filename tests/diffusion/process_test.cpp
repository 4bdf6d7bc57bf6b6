#include <plexus/diffusion/process.hpp>

#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/diffusion/schedule.hpp>

namespace plexus::diffusion {
namespace {

struct Drawn {
  at::Tensor x0 = torch::randn({4, 2, 3}, at::kDouble), noise = torch::randn({4, 2, 3}, at::kDouble);
  at::Tensor t = torch::tensor({0, 3, 7, 9}, at::kLong);
};

TEST(Process, NoisesByTheClosedForm) {
  const Process process(cosine_betas(10), Predicts::start);
  const Drawn d;
  const auto xt = process.noised(d.x0, d.t, d.noise);
  const double a = process.alpha_bar()[3];
  EXPECT_TRUE(at::allclose(xt[1], std::sqrt(a) * d.x0[1] + std::sqrt(1 - a) * d.noise[1], 1e-6, 1e-7));
}

TEST(Process, AnswersOfEveryKindMeanTheSame) {
  const Drawn d;
  for (const auto kind : {Predicts::noise, Predicts::start, Predicts::velocity, Predicts::previous}) {
    const Process process(cosine_betas(10, 0.9), kind);
    const auto xt = process.noised(d.x0, d.t, d.noise);
    const auto answer = process.target(d.x0, d.t, d.noise);
    EXPECT_TRUE(at::allclose(process.start_from(answer, xt, d.t), d.x0, 1e-4, 1e-4)) << static_cast<int>(kind);
    EXPECT_TRUE(at::allclose(process.noise_from(answer, xt, d.t), d.noise, 1e-4, 1e-4)) << static_cast<int>(kind);
  }
}

TEST(Process, PosteriorOfTheFirstStepIsTheStart) {
  const Process process(cosine_betas(10), Predicts::start);
  const Drawn d;
  const auto t = torch::zeros({4}, at::kLong);
  const auto posterior = process.posterior(d.x0, process.noised(d.x0, t, d.noise), t);
  EXPECT_TRUE(at::allclose(posterior.mean, d.x0, 1e-6, 1e-7));
  EXPECT_DOUBLE_EQ(posterior.variance.max().item<double>(), 0);
  EXPECT_TRUE(posterior.log_variance.isfinite().all().item<bool>());
}

TEST(Process, PosteriorAgreesWithBayes) {
  const Process process({0.1, 0.2}, Predicts::start);
  const auto x0 = torch::full({1, 1}, 0.7, at::kDouble), xt = torch::full({1, 1}, -0.4, at::kDouble);
  const auto t = torch::ones({1}, at::kLong);
  // p(x1 | x0) = N(sqrt(.9) x0, .1), p(x2 | x1) = N(sqrt(.8) x1, .2).
  const double precision = 1 / 0.1 + 0.8 / 0.2;
  const double mean = (std::sqrt(0.9) * 0.7 / 0.1 + std::sqrt(0.8) * -0.4 / 0.2) / precision;
  const auto posterior = process.posterior(x0, xt, t);
  EXPECT_NEAR(posterior.mean.item<double>(), mean, 1e-6);
  EXPECT_NEAR(posterior.variance.item<double>(), 1 / precision, 1e-7);
}

TEST(Process, KeepsTheTypeOfItsInputs) {
  const Process process(cosine_betas(10), Predicts::start);
  const auto t = torch::zeros({2}, at::kLong);
  EXPECT_EQ(process.noised(torch::rand({2, 3}), t, torch::rand({2, 3})).scalar_type(), at::kFloat);
  EXPECT_EQ(process.alpha_bar_before(0), 1.0);
}

TEST(Process, RefusesBetasOutsideTheUnitInterval) {
  EXPECT_THROW(Process({}, Predicts::start), Error);
  EXPECT_THROW(Process({0.1, 0.0}, Predicts::start), Error);
  EXPECT_THROW(Process({1.1}, Predicts::start), Error);
  EXPECT_THROW(Process({std::nan("")}, Predicts::start), Error);
}

TEST(Process, VariancesOfEveryKind) {
  const auto betas = linear_betas(50);
  const auto x = torch::randn({2, 1, 3}), t = torch::tensor({0, 20}, at::kLong);
  const auto of = [&](Variance kind, double v) {
    const Process process(betas, ProcessSettings{.variance = kind});
    const auto answer = process.learns_variance() ? at::cat({x, torch::full({2, 1, 3}, v)}, 1) : x;
    return process.backward(answer, x, t, Clip::none);
  };
  const Process plain(betas, Predicts::noise);
  const double beta = betas[20], posterior = plain.table(Process::Table::posterior_variance)[20];
  const auto at = [](const Process::Step& step) { return step.variance.flatten()[-1].item<double>(); };
  EXPECT_NEAR(at(of(Variance::fixed_large, 0)), beta, 1e-8);
  EXPECT_NEAR(at(of(Variance::fixed_small, 0)), posterior, 1e-8);
  EXPECT_NEAR(at(of(Variance::learned, -3)), std::exp(-3.0), 1e-7);
  EXPECT_NEAR(at(of(Variance::learned_range, 1)), beta, 1e-7);
  EXPECT_NEAR(at(of(Variance::learned_range, -1)), posterior, 1e-7);
  EXPECT_NEAR(at(of(Variance::learned_range, 0)), std::sqrt(beta * posterior), 1e-7);
  EXPECT_NEAR(of(Variance::fixed_large, 0).variance[0].item<double>(), plain.table(Process::Table::posterior_variance)[1], 1e-8);
  EXPECT_TRUE(of(Variance::fixed_small, 0).log_variance.isfinite().all().item<bool>());
}

TEST(Process, AnOddNumberOfChannelsHoldsNoVariance) {
  const Process process(linear_betas(50), ProcessSettings{.variance = Variance::learned_range});
  EXPECT_THROW(process.mean_part(torch::zeros({1, 3, 2})), std::logic_error);
}

TEST(Process, ClippingChangesTheMean) {
  const Process process(linear_betas(50), Predicts::start);
  const auto x = torch::zeros({1, 1, 2}), t = torch::tensor({9}, at::kLong), answer = torch::full({1, 1, 2}, 4.0);
  const auto held = process.backward(answer, x, t, Clip::start), loose = process.backward(answer, x, t, Clip::none);
  EXPECT_TRUE(at::allclose(4 * held.mean, loose.mean, 1e-6, 1e-8));
  EXPECT_EQ(held.start.max().item<double>(), 1);
}

TEST(Process, TheMeanFromNoiseIsThePosteriors) {
  const Process process(linear_betas(50), Predicts::noise);
  const Drawn d;
  const auto xt = process.noised(d.x0, d.t, d.noise);
  EXPECT_TRUE(at::allclose(process.mean_from_noise(d.noise, xt, d.t), process.posterior(d.x0, xt, d.t).mean, 1e-4, 1e-5));
}

TEST(Process, OneTimeServesAll) {
  const Process process(linear_betas(50), Predicts::noise);
  const Drawn d;
  EXPECT_TRUE(at::equal(process.noised(d.x0, torch::tensor({5}), d.noise), process.noised(d.x0, torch::full({4}, 5), d.noise)));
}

TEST(Process, SingleTablesRoundAtEachStep) {
  const auto betas = linear_betas(300, 1e-4, 0.02);
  const Process exact(betas, ProcessSettings{}), single(betas, ProcessSettings{.single = true});
  // 1 - alpha_bar of the first step loses digits in float32.
  EXPECT_NEAR(1 - exact.alpha_bar()[0], 1e-4, 1e-12);
  EXPECT_NEAR(1 - single.alpha_bar()[0], 1.00017e-4, 1e-9);
  EXPECT_NEAR(single.alpha_bar().back(), 0.048058, 1e-5);
}

}  // namespace
}  // namespace plexus::diffusion
