#include <plexus/diffusion/losses.hpp>

#include <cmath>
#include <numbers>

#include <torch/torch.h>

namespace plexus::diffusion {

at::Tensor normal_kl(const at::Tensor& mean1, const at::Tensor& log_variance1, const at::Tensor& mean2,
                     const at::Tensor& log_variance2) {
  return 0.5 * (-1.0 + log_variance2 - log_variance1 + (log_variance1 - log_variance2).exp() +
                (mean1 - mean2).square() * (-log_variance2).exp());
}

at::Tensor approximate_normal_cdf(const at::Tensor& x) {
  return 0.5 * (1.0 + (std::sqrt(2.0 / std::numbers::pi) * (x + 0.044715 * x.pow(3))).tanh());
}

at::Tensor discretized_log_likelihood(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& log_scale) {
  const auto centred = x - mean, inverse = (-log_scale).exp();
  const auto above = approximate_normal_cdf(inverse * (centred + 1.0 / 255.0));
  const auto below = approximate_normal_cdf(inverse * (centred - 1.0 / 255.0));
  const auto log_of = [](const at::Tensor& probability) { return probability.clamp_min(1e-12).log(); };
  return at::where(x < -0.999, log_of(above), at::where(x > 0.999, log_of(1.0 - below), log_of(above - below)));
}

at::Tensor mean_of_sample(const at::Tensor& x) { return x.dim() == 1 ? x : x.flatten(1).mean(1); }

BoundTerm bound_term(const Process& process, const at::Tensor& answer, const at::Tensor& x0, const at::Tensor& xt,
                     const at::Tensor& t, const Clip& clip) {
  const auto truth = process.posterior(x0, xt, t);
  const auto model = process.backward(answer, xt, t, clip);
  const auto bits = [&](const at::Tensor& nats) { return mean_of_sample(nats) / std::log(2.0); };
  const auto divergence = bits(normal_kl(truth.mean, truth.log_variance, model.mean, model.log_variance).expand_as(x0));
  const auto likelihood = bits(-discretized_log_likelihood(x0, model.mean, 0.5 * model.log_variance));
  return {at::where(t == 0, likelihood, divergence), model.start};
}

TrainingTerms training_terms(const Process& process, const at::Tensor& answer, const at::Tensor& x0, const at::Tensor& xt,
                             const at::Tensor& t, const at::Tensor& noise, Objective objective) {
  const auto steps = static_cast<double>(process.steps());
  TrainingTerms terms;
  if (objective == Objective::kl || objective == Objective::rescaled_kl) {
    terms.bound = bound_term(process, answer, x0, xt, t, Clip::none).bits;
    if (objective == Objective::rescaled_kl) terms.bound = terms.bound * steps;
    terms.loss = terms.bound;
    return terms;
  }
  const auto mean = process.mean_part(answer);
  terms.mse = mean_of_sample((process.target(x0, t, noise) - mean).square());
  terms.loss = terms.mse;
  if (process.learns_variance()) {
    const auto v = answer.narrow(1, mean.size(1), mean.size(1));
    terms.bound = bound_term(process, at::cat({mean.detach(), v}, 1), x0, xt, t, Clip::none).bits;
    if (objective == Objective::rescaled_mse) terms.bound = terms.bound * (steps / 1000.0);
    terms.loss = terms.loss + terms.bound;
  }
  return terms;
}

at::Tensor prior_bits(const Process& process, const at::Tensor& x0) {
  const auto last = process.forward(x0, everywhere(process.steps() - 1, x0));
  const auto zero = torch::zeros({}, x0.options());
  return mean_of_sample(normal_kl(last.mean, last.log_variance, zero, zero)) / std::log(2.0);
}

BitsPerElement bits_per_element(const Process& process, const Denoiser& denoiser, const at::Tensor& x0, const Clip& clip,
                                const NoiseSource& noise) {
  std::vector<at::Tensor> bound, start_mse, noise_mse;
  for (auto step = process.steps() - 1; step >= 0; --step) {
    const auto t = everywhere(step, x0);
    const auto fresh = noise(step), xt = process.noised(x0, t, fresh);
    const auto term = bound_term(process, denoiser(xt, process.told(t)), x0, xt, t, clip);
    bound.push_back(term.bits);
    start_mse.push_back(mean_of_sample((term.start - x0).square()));
    noise_mse.push_back(mean_of_sample((process.noise_between(term.start, xt, t) - fresh).square()));
  }
  BitsPerElement all{.total = {}, .prior = prior_bits(process, x0), .bound = at::stack(bound, 1),
                     .start_mse = at::stack(start_mse, 1), .noise_mse = at::stack(noise_mse, 1)};
  all.total = all.bound.sum(1) + all.prior;
  return all;
}

}  // namespace plexus::diffusion
