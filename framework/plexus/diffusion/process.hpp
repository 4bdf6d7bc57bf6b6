#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/diffusion/clip.hpp>

namespace plexus::diffusion {

// What the denoiser answers: the noise, the clean x0, v = sqrt(a) noise - sqrt(1 - a) x0 with a = alpha_bar (Salimans and Ho
// 2022), or the mean of x_{t-1}.
enum class Predicts { noise, start, velocity, previous };

// Of p(x_{t-1} | x_t): the posterior's (small) or beta with the posterior's at the first step (large); or answered by the
// denoiser in a second half of its channels, as the log itself (learned) or as a mix v in [-1, 1] of the logs of beta and of
// the posterior's (learned_range; Nichol and Dhariwal 2021, eq. 15).
enum class Variance { fixed_small, fixed_large, learned, learned_range };

struct ProcessSettings {
  Predicts predicts = Predicts::noise;
  Variance variance = Variance::fixed_large;
  bool rescaled_times = false;           // the denoiser is told 1000 / (steps it was trained with) times the step's number
  bool single = false;                   // tables are computed in float32 from the start, each operation rounded
  std::vector<std::int64_t> original = {};  // the number of each step in the process that the denoiser was trained with
  std::int64_t original_steps = 0;          // that process's length; 0: this one's
};

// A Gaussian diffusion q(x_t | x_0) = N(sqrt(alpha_bar_t) x_0, 1 - alpha_bar_t), t = 0 … steps - 1. Tables are in double;
// coefficients are rounded to float32 when they are applied, as published code does. x: [B, ...] of any floating type, t: [B]
// or [1] int64 on x's device. Copies share their tables.
class Process {
 public:
  // Each beta lies in (0, 1], else Error(configuration).
  Process(std::vector<double> betas, ProcessSettings settings);
  // `original` maps each step to the number that the denoiser was trained with; empty: itself.
  Process(std::vector<double> betas, Predicts predicts, std::vector<std::int64_t> original = {})
      : Process(std::move(betas), ProcessSettings{.predicts = predicts, .original = std::move(original)}) {}

  std::int64_t steps() const noexcept;
  Predicts predicts() const noexcept { return settings_.predicts; }
  Variance variance() const noexcept { return settings_.variance; }
  bool learns_variance() const noexcept {
    return settings_.variance == Variance::learned || settings_.variance == Variance::learned_range;
  }
  // As given, `original` filled in.
  const ProcessSettings& settings() const noexcept { return settings_; }

  enum class Table {
    beta,
    alpha_bar,
    alpha_bar_before,        // 1, then alpha_bar
    alpha_bar_after,         // alpha_bar from the second on, then 0
    signal,                  // sqrt(alpha_bar)
    noise,                   // sqrt(1 - alpha_bar)
    log_noise_variance,      // log(1 - alpha_bar)
    inverse,                 // sqrt(1 / alpha_bar)
    inverse_noise,           // sqrt(1 / alpha_bar - 1)
    posterior_variance,      // beta (1 - alpha_bar_before) / (1 - alpha_bar)
    posterior_log_variance,  // its log, the first entry replaced by the second
    of_start,                // coefficient of x0 in the posterior's mean
    of_now,                  // that of x_t
    fixed_variance,          // of p where it is not learned: by settings().variance
    fixed_log_variance,
    count
  };
  const std::vector<double>& table(Table which) const;
  const std::vector<double>& beta() const { return table(Table::beta); }
  const std::vector<double>& alpha_bar() const { return table(Table::alpha_bar); }
  // alpha_bar of the step before, 1 before the first.
  double alpha_bar_before(std::int64_t step) const { return table(Table::alpha_bar_before).at(static_cast<std::size_t>(step)); }
  // Entries of a table at t, shaped to broadcast against `like`: float32 rounded, then of like's type.
  at::Tensor gather(Table which, const at::Tensor& t, const at::Tensor& like) const;
  // The same, left in float32.
  at::Tensor coefficient(Table which, const at::Tensor& t, std::int64_t dimensions) const;

  // The number of a step in the process that the denoiser was trained with.
  std::int64_t original(std::int64_t step) const { return settings_.original.at(static_cast<std::size_t>(step)); }
  const std::vector<std::int64_t>& original() const noexcept { return settings_.original; }
  // What the denoiser is told at steps t [B]: int64 numbers of original steps, or float32 where times are rescaled.
  at::Tensor told(const at::Tensor& t) const;

  // sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) noise
  at::Tensor noised(const at::Tensor& x0, const at::Tensor& t, const at::Tensor& noise) const;
  struct Moments {
    at::Tensor mean, variance, log_variance;  // variances broadcast against x
  };
  // Of q(x_t | x_0).
  Moments forward(const at::Tensor& x0, const at::Tensor& t) const;
  // Of q(x_{t-1} | x_t, x_0); the log is of the variance with the first step's replaced by the second's, which is 0 otherwise.
  Moments posterior(const at::Tensor& x0, const at::Tensor& xt, const at::Tensor& t) const;
  // Of p(x_{t-1} | x_t) by the denoiser's whole answer, [B, 2C, ...] where the variance is learned.
  struct Step : Moments {
    at::Tensor start;  // the clipped x0 that the mean was made from
  };
  Step backward(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t, const Clip& clip) const;

  // The part of an answer that stands for the mean: all of it, or the first half of the channels where the variance is
  // learned. What follows takes that part.
  at::Tensor mean_part(const at::Tensor& answer) const;
  // x0 and noise that the denoiser's answer stands for.
  at::Tensor start_from(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t) const;
  at::Tensor noise_from(const at::Tensor& answer, const at::Tensor& xt, const at::Tensor& t) const;
  // The noise that leads from x0 to xt.
  at::Tensor noise_between(const at::Tensor& x0, const at::Tensor& xt, const at::Tensor& t) const;
  // The posterior's mean straight from the noise: (x_t - beta noise / sqrt(1 - alpha_bar)) / sqrt(1 - beta) (Ho et al. 2020,
  // eq. 11).
  at::Tensor mean_from_noise(const at::Tensor& noise, const at::Tensor& xt, const at::Tensor& t) const;
  // What a denoiser of this kind should answer.
  at::Tensor target(const at::Tensor& x0, const at::Tensor& t, const at::Tensor& noise) const;

 private:
  struct Tables;
  ProcessSettings settings_;
  std::shared_ptr<Tables> tables_;
};

}  // namespace plexus::diffusion
