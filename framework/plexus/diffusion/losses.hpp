#pragma once
#include <string>

#include <plexus/diffusion/denoiser.hpp>
#include <plexus/diffusion/process.hpp>

namespace plexus::diffusion {

// KL(N(mean1, exp(log_variance1)) || N(mean2, exp(log_variance2))) of each element, in nats. Arguments broadcast.
at::Tensor normal_kl(const at::Tensor& mean1, const at::Tensor& log_variance1, const at::Tensor& mean2,
                     const at::Tensor& log_variance2);
// 0.5 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): the standard normal distribution's cumulative function, approximately.
at::Tensor approximate_normal_cdf(const at::Tensor& x);
// Log likelihood (nats) of each element of x, 8-bit values scaled to [-1, 1], under a normal distribution cut into bins of
// +-1/255, open at the ends (beyond -0.999 and 0.999); probabilities are at least 1e-12 (Ho et al. 2020, eq. 13).
at::Tensor discretized_log_likelihood(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& log_scale);

// Mean over all axes but the first.
at::Tensor mean_of_sample(const at::Tensor& x);

// One term of the variational bound in bits per element, [B]: KL(posterior || model) at t > 0, the negative discretised log
// likelihood of x0 at t = 0.
struct BoundTerm {
  at::Tensor bits, start;
};
BoundTerm bound_term(const Process& process, const at::Tensor& answer, const at::Tensor& x0, const at::Tensor& xt,
                     const at::Tensor& t, const Clip& clip);

// mse: squared error of the answer, plus the bound where the variance is learned (hybrid: the bound teaches the variance
// alone); rescaled_mse: the bound times steps / 1000. kl: the bound; rescaled_kl: times steps.
enum class Objective { mse, rescaled_mse, kl, rescaled_kl };

struct TrainingTerms {
  at::Tensor loss, mse, bound;  // of each sample [B]; mse undefined for kl, bound for a fixed variance under mse
};
// Of the denoiser's whole answer at (xt, t), xt = noised(x0, t, noise).
TrainingTerms training_terms(const Process& process, const at::Tensor& answer, const at::Tensor& x0, const at::Tensor& xt,
                             const at::Tensor& t, const at::Tensor& noise, Objective objective = Objective::mse);

// The whole bound of x0 in bits per element. Rows are samples, columns steps from the last down to 0.
struct BitsPerElement {
  at::Tensor total, prior;              // [B]
  at::Tensor bound, start_mse, noise_mse;  // [B, steps]
};
at::Tensor prior_bits(const Process& process, const at::Tensor& x0);  // KL(q(x_T | x0) || N(0, 1)), [B]
BitsPerElement bits_per_element(const Process& process, const Denoiser& denoiser, const at::Tensor& x0, const Clip& clip,
                                const NoiseSource& noise);

}  // namespace plexus::diffusion
