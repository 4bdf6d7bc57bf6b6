#include <plexus/diffusion/losses.hpp>

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/diffusion/schedule.hpp>

namespace plexus::diffusion {
namespace {

Process hybrid(Variance kind = Variance::learned_range) { return {linear_betas(100), ProcessSettings{.variance = kind}}; }

struct Made {
  at::Tensor x0 = torch::rand({3, 1, 4, 4}) * 2 - 1, noise = torch::randn({3, 1, 4, 4});
  at::Tensor t = torch::tensor({0, 1, 70}, at::kLong);
  at::Tensor answer = torch::randn({3, 2, 4, 4});
};

TEST(DiffusionLosses, KlOfEqualNormalsIsZeroAndFollowsItsFormula) {
  const auto mean = torch::randn({5}), log = torch::randn({5});
  EXPECT_NEAR(normal_kl(mean, log, mean, log).abs().max().item<double>(), 0, 1e-6);
  const auto kl = normal_kl(torch::tensor({1.0}), torch::tensor({0.0}), torch::tensor({0.0}), torch::tensor({std::log(4.0)}));
  EXPECT_NEAR(kl.item<double>(), std::log(2.0) + 2.0 / 8 - 0.5, 1e-6);
}

TEST(DiffusionLosses, TheBinsCoverEverything) {
  const auto x = torch::arange(256) / 127.5 - 1;
  const auto likelihood = discretized_log_likelihood(x, torch::full({256}, 0.1), torch::full({256}, -1.0));
  EXPECT_NEAR(likelihood.exp().sum().item<double>(), 1, 1e-3);
}

TEST(DiffusionLosses, TheBoundTeachesTheVarianceAlone) {
  const auto process = hybrid();
  const Made m;
  auto answer = m.answer.clone().set_requires_grad(true);
  const auto xt = process.noised(m.x0, m.t, m.noise);
  const auto terms = training_terms(process, answer, m.x0, xt, m.t, m.noise);
  EXPECT_TRUE(at::allclose(terms.loss, terms.mse + terms.bound));
  terms.bound.sum().backward();
  EXPECT_EQ(answer.grad().narrow(1, 0, 1).abs().max().item<double>(), 0);
  EXPECT_GT(answer.grad().narrow(1, 1, 1).abs().max().item<double>(), 0);
}

TEST(DiffusionLosses, RescalesTheBoundByTheNumberOfSteps) {
  const auto process = hybrid();
  const Made m;
  const auto xt = process.noised(m.x0, m.t, m.noise);
  const auto of = [&](Objective objective) { return training_terms(process, m.answer, m.x0, xt, m.t, m.noise, objective); };
  EXPECT_TRUE(at::allclose(of(Objective::rescaled_mse).bound, of(Objective::mse).bound * 0.1));
  EXPECT_TRUE(at::allclose(of(Objective::rescaled_kl).loss, of(Objective::kl).loss * 100));
  EXPECT_FALSE(of(Objective::kl).mse.defined());
}

TEST(DiffusionLosses, APerfectAnswerLeavesOnlyTheLikelihood) {
  const Process process(linear_betas(100), ProcessSettings{.variance = Variance::fixed_small});
  const Made m;
  const auto xt = process.noised(m.x0, m.t, m.noise);
  const auto terms = training_terms(process, m.noise, m.x0, xt, m.t, m.noise, Objective::kl);
  EXPECT_NEAR(terms.bound[1].item<double>(), 0, 1e-4);
  EXPECT_NEAR(terms.bound[2].item<double>(), 0, 1e-4);
  EXPECT_GT(terms.bound[0].item<double>(), 0.1);
}

TEST(DiffusionLosses, BitsPerElementAddUp) {
  const auto process = hybrid(Variance::fixed_small);
  const Made m;
  const auto bits = bits_per_element(
      process, [](const at::Tensor& x, const at::Tensor&) { return 0.9 * x; }, m.x0, Clip::start,
      [](std::int64_t) { return torch::randn({3, 1, 4, 4}); });
  EXPECT_EQ(bits.bound.sizes(), at::IntArrayRef({3, 100}));
  EXPECT_TRUE(at::allclose(bits.total, bits.bound.sum(1) + bits.prior));
  EXPECT_LT(bits.prior.max().item<double>(), 0.1);
}

}  // namespace
}  // namespace plexus::diffusion
