#pragma once
#include <cstdint>
#include <vector>

namespace plexus::diffusion {

// A diffusion in continuous time, as DPM-Solver needs it (Lu et al. 2022a, b): x_t ~ N(alpha_t x_0, sigma_t^2),
// alpha^2 + sigma^2 = 1, lambda = log(alpha / sigma) falling with t. In double.
class ContinuousSchedule {
 public:
  // From betas of N steps: log alpha at (n + 1) / N is half the sum of log(1 - beta), linear in between, the outermost
  // pieces continued. Throws Error(configuration) where a beta lies outside (0, 1).
  static ContinuousSchedule discrete(const std::vector<double>& betas);
  // beta(t) = first + t (last - first), t in [0, 1].
  static ContinuousSchedule linear(double first = 0.1, double last = 20);
  // alpha = cos((t + 0.008) / 1.008 pi / 2), scaled to 1 at t = 0; up to t = 0.9946.
  static ContinuousSchedule cosine();

  double log_alpha(double t) const;
  double alpha(double t) const;
  double sigma(double t) const;
  double lambda(double t) const;
  double time_of(double lambda) const;  // the inverse of lambda()
  double end() const noexcept { return end_; }        // where noise is almost all: sampling begins here
  double beginning() const noexcept { return begin_; }  // where sampling ends: 1 / N; 1e-3 for the continuous schedules
  // What the denoiser is told at t: (t - 1 / N) 1000 for a discrete schedule, whatever N; else t itself.
  double told(double t) const;

 private:
  enum class Kind { discrete, linear, cosine };
  explicit ContinuousSchedule(Kind kind) : kind_(kind) {}
  Kind kind_;
  double first_ = 0, last_ = 0, begin_ = 1e-3, end_ = 1;
  std::vector<double> times_, log_alphas_;
};

}  // namespace plexus::diffusion
