#include <plexus/diffusion/continuous.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus::diffusion {
namespace {

constexpr double kShift = 0.008;

double cosine_log_alpha(double t) { return std::log(std::cos((t + kShift) / (1 + kShift) * std::numbers::pi / 2)); }

// log(1 + exp(x)) without overflow.
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

// The broken line through rising x, its outermost pieces continued.
double interpolate(const std::vector<double>& x, const std::vector<double>& y, double at) {
  const auto place = std::upper_bound(x.begin(), x.end(), at) - x.begin();
  const auto i = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(place, 1, static_cast<std::ptrdiff_t>(x.size()) - 1));
  return y[i - 1] + (at - x[i - 1]) * (y[i] - y[i - 1]) / (x[i] - x[i - 1]);
}

}  // namespace

ContinuousSchedule ContinuousSchedule::discrete(const std::vector<double>& betas) {
  if (betas.size() < 2) throw Error(ErrorKind::configuration, "DPM-Solver needs a diffusion of at least two steps");
  ContinuousSchedule schedule(Kind::discrete);
  const auto steps = static_cast<double>(betas.size());
  double sum = 0;
  for (const double beta : betas) {
    if (!(beta > 0 && beta < 1)) {
      throw Error(ErrorKind::configuration, "DPM-Solver cannot use a beta of " + format_real(beta), "",
                  "a linear schedule needs at least 21 steps");
    }
    sum += 0.5 * std::log(1 - beta);
    schedule.log_alphas_.push_back(sum);
    schedule.times_.push_back(static_cast<double>(schedule.log_alphas_.size()) / steps);
  }
  schedule.begin_ = 1 / steps;
  return schedule;
}

ContinuousSchedule ContinuousSchedule::linear(double first, double last) {
  ContinuousSchedule schedule(Kind::linear);
  schedule.first_ = first;
  schedule.last_ = last;
  return schedule;
}

ContinuousSchedule ContinuousSchedule::cosine() {
  ContinuousSchedule schedule(Kind::cosine);
  schedule.end_ = 0.9946;
  return schedule;
}

double ContinuousSchedule::log_alpha(double t) const {
  if (kind_ == Kind::discrete) return interpolate(times_, log_alphas_, t);
  if (kind_ == Kind::linear) return -0.25 * t * t * (last_ - first_) - 0.5 * t * first_;
  return cosine_log_alpha(t) - cosine_log_alpha(0);
}

double ContinuousSchedule::alpha(double t) const { return std::exp(log_alpha(t)); }
double ContinuousSchedule::sigma(double t) const { return std::sqrt(-std::expm1(2 * log_alpha(t))); }

double ContinuousSchedule::lambda(double t) const {
  const double log = log_alpha(t);
  return log - 0.5 * std::log(-std::expm1(2 * log));
}

double ContinuousSchedule::time_of(double lambda) const {
  const double log = -0.5 * softplus(-2 * lambda);
  if (kind_ == Kind::discrete) {
    const std::vector<double> rising(log_alphas_.rbegin(), log_alphas_.rend()), times(times_.rbegin(), times_.rend());
    return interpolate(rising, times, log);
  }
  if (kind_ == Kind::linear) {
    const double slope = 2 * (last_ - first_) * softplus(-2 * lambda);
    return slope / (std::sqrt(first_ * first_ + slope) + first_) / (last_ - first_);
  }
  return std::acos(std::exp(log + cosine_log_alpha(0))) * 2 * (1 + kShift) / std::numbers::pi - kShift;
}

double ContinuousSchedule::told(double t) const { return kind_ == Kind::discrete ? (t - begin_) * 1000 : t; }

}  // namespace plexus::diffusion
