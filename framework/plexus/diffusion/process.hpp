#pragma once
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus::diffusion {

// What the denoiser answers: the noise, the clean x0, or v = sqrt(a) noise - sqrt(1 - a) x0 with a = alpha_bar.
enum class Predicts { noise, start, velocity };

// A Gaussian diffusion q(x_t | x_0) = N(sqrt(alpha_bar_t) x_0, 1 - alpha_bar_t), t = 0 … steps - 1. Tables are in double;
// coefficients are rounded to float32 when they are applied, as published code does. x: [B, ...] of any floating type, t: [B]
// int64 on x's device.
class Process {
 public:
  // Each beta lies in (0, 1], else Error(configuration). `original` maps each step to the number that the denoiser was
  // trained with; empty: itself.
  Process(std::vector<double> betas, Predicts predicts, std::vector<std::int64_t> original = {});

  std::int64_t steps() const noexcept { return static_cast<std::int64_t>(beta_.size()); }
  Predicts predicts() const noexcept { return predicts_; }
  const std::vector<double>& beta() const noexcept { return beta_; }
  const std::vector<double>& alpha_bar() const noexcept { return alpha_bar_; }
  // alpha_bar of the step before, 1 before the first.
  double alpha_bar_before(std::int64_t step) const;
  // The time to hand to the denoiser at a step of this process.
  std::int64_t original(std::int64_t step) const { return original_.at(static_cast<std::size_t>(step)); }
  const std::vector<std::int64_t>& original() const noexcept { return original_; }

  // sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) noise
  at::Tensor noised(const at::Tensor& x0, const at::Tensor& t, const at::Tensor& noise) const;
  // Mean and variance of q(x_{t-1} | x_t, x_0); the log is of the variance with the first step's replaced by the second's,
  // which is 0 otherwise.
  struct Moments {
    at::Tensor mean, variance, log_variance;  // variances broadcast against x
  };
  Moments posterior(const at::Tensor& x0, const at::Tensor& xt, const at::Tensor& t) const;
  // x0 and noise that the denoiser's answer stands for.
  at::Tensor start_from(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t) const;
  at::Tensor noise_from(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t) const;
  // The noise that leads from x0 to xt.
  at::Tensor noise_between(const at::Tensor& x0, const at::Tensor& xt, const at::Tensor& t) const;
  // What a denoiser of this kind should answer.
  at::Tensor target(const at::Tensor& x0, const at::Tensor& t, const at::Tensor& noise) const;

 private:
  at::Tensor gather(const std::vector<double>& table, const at::Tensor& t, const at::Tensor& like) const;
  Predicts predicts_;
  std::vector<double> beta_, alpha_bar_;
  std::vector<std::int64_t> original_;
  // sqrt(a), sqrt(1 - a), sqrt(1 / a), sqrt(1 / a - 1) and the posterior's coefficients of x0, xt, variance, its log
  std::vector<double> signal_, noise_, inverse_, inverse_noise_, of_start_, of_now_, variance_, log_variance_;
};

}  // namespace plexus::diffusion
