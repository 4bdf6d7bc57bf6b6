#include <plexus/diffusion/dpm_solver.hpp>

#include <cmath>
#include <stdexcept>

#include <torch/torch.h>
#include <plexus/base/error.hpp>

namespace plexus::diffusion {

// Over h in lambda from s to t: x <- keep x - c1 value + c2 (slope) - c3 (curvature).
struct DpmSolver::Coefficients {
  double keep, c1, c2, c3;
  Coefficients(const ContinuousSchedule& schedule, DpmSettings::Algorithm algorithm, double s, double t) {
    const double h = schedule.lambda(t) - schedule.lambda(s);
    const bool data = algorithm == DpmSettings::Algorithm::data;
    const double scale = data ? schedule.alpha(t) : schedule.sigma(t);
    const double p = std::expm1(data ? -h : h), p2 = data ? p / h + 1 : p / h - 1;
    keep = data ? schedule.sigma(t) / schedule.sigma(s) : schedule.alpha(t) / schedule.alpha(s);
    c1 = scale * p;
    c2 = data ? scale * p2 : -scale * p2;
    c3 = scale * (p2 / h - 0.5);
  }
};

std::string DpmSettings::problem() const {
  if (order < 1 || order > 3) return "the solver's order is 1, 2 or 3";
  if (steps < 1) return "the solver needs at least one step";
  if (method == Method::multistep && steps < order) return "a multistep solver needs at least as many steps as its order";
  return "";
}

DpmSolver::DpmSolver(ContinuousSchedule schedule, Predicts predicts, Denoiser denoiser, DpmSettings settings)
    : schedule_(std::move(schedule)), predicts_(predicts), denoiser_(std::move(denoiser)), settings_(std::move(settings)) {
  if (const auto wrong = settings_.problem(); !wrong.empty()) throw Error(ErrorKind::configuration, wrong);
  if (predicts_ == Predicts::previous)
    throw Error(ErrorKind::configuration, "DPM-Solver cannot use a denoiser that predicts the mean of x_{t-1}");
}

at::Tensor DpmSolver::predicted_noise(const at::Tensor& x, double t) const {
  const auto told = torch::full({x.size(0)}, schedule_.told(t), x.options().dtype(at::kFloat));
  const auto answer = denoiser_(x, told);
  const double alpha = schedule_.alpha(t), sigma = schedule_.sigma(t);
  if (predicts_ == Predicts::noise) return answer;
  if (predicts_ == Predicts::velocity) return alpha * answer + sigma * x;
  return (x - alpha * answer) / sigma;
}

at::Tensor DpmSolver::start(const at::Tensor& x, double t) const {
  if (predicts_ == Predicts::start) {
    return settings_.clip(denoiser_(x, torch::full({x.size(0)}, schedule_.told(t), x.options().dtype(at::kFloat))));
  }
  return settings_.clip((x - schedule_.sigma(t) * predicted_noise(x, t)) / schedule_.alpha(t));
}

at::Tensor DpmSolver::value(const at::Tensor& x, double t) const {
  return settings_.algorithm == DpmSettings::Algorithm::data ? start(x, t) : predicted_noise(x, t);
}

at::Tensor DpmSolver::first(const at::Tensor& x, double s, double t, const at::Tensor& value) const {
  const Coefficients c(schedule_, settings_.algorithm, s, t);
  return c.keep * x - c.c1 * value;
}

at::Tensor DpmSolver::multistep_second(const at::Tensor& x, const std::vector<at::Tensor>& values,
                                       const std::vector<double>& times, double t) const {
  const auto& now = values.at(1);
  const Coefficients c(schedule_, settings_.algorithm, times.at(1), t);
  const double h = schedule_.lambda(t) - schedule_.lambda(times[1]);
  const double before = schedule_.lambda(times[1]) - schedule_.lambda(times[0]);
  const auto slope = (now - values[0]) * (h / before);
  return c.keep * x - c.c1 * now + (settings_.form == DpmSettings::Form::exact ? -0.5 * c.c1 : c.c2) * slope;
}

at::Tensor DpmSolver::multistep_third(const at::Tensor& x, const std::vector<at::Tensor>& values,
                                      const std::vector<double>& times, double t) const {
  const auto& now = values.at(2);
  const Coefficients c(schedule_, settings_.algorithm, times.at(2), t);
  const double h = schedule_.lambda(t) - schedule_.lambda(times[2]);
  const double r0 = (schedule_.lambda(times[2]) - schedule_.lambda(times[1])) / h;
  const double r1 = (schedule_.lambda(times[1]) - schedule_.lambda(times[0])) / h;
  const auto late = (now - values[1]) / r0, early = (values[1] - values[0]) / r1;
  const auto slope = late + (r0 / (r0 + r1)) * (late - early), curvature = (late - early) / (r0 + r1);
  return c.keep * x - c.c1 * now + c.c2 * slope - c.c3 * curvature;
}

at::Tensor DpmSolver::singlestep_second(const at::Tensor& x, double s, double t, double r1) const {
  const double h = schedule_.lambda(t) - schedule_.lambda(s);
  const double middle = schedule_.time_of(schedule_.lambda(s) + r1 * h);
  const auto at_s = value(x, s), at_middle = value(first(x, s, middle, at_s), middle);
  const Coefficients c(schedule_, settings_.algorithm, s, t);
  const double weight = settings_.form == DpmSettings::Form::exact ? -0.5 * c.c1 / r1 : c.c2 / r1;
  return c.keep * x - c.c1 * at_s + weight * (at_middle - at_s);
}

at::Tensor DpmSolver::singlestep_third(const at::Tensor& x, double s, double t, double r1, double r2) const {
  const double h = schedule_.lambda(t) - schedule_.lambda(s);
  const double s1 = schedule_.time_of(schedule_.lambda(s) + r1 * h), s2 = schedule_.time_of(schedule_.lambda(s) + r2 * h);
  const auto at_s = value(x, s), at_s1 = value(first(x, s, s1, at_s), s1);
  const Coefficients to_s2(schedule_, settings_.algorithm, s, s2), c(schedule_, settings_.algorithm, s, t);
  const auto at_s2 = value(first(x, s, s2, at_s) + (r2 / r1) * to_s2.c2 * (at_s1 - at_s), s2);
  const auto step = c.keep * x - c.c1 * at_s;
  if (settings_.form == DpmSettings::Form::exact) return step + (c.c2 / r2) * (at_s2 - at_s);
  const auto early = (at_s1 - at_s) / r1, late = (at_s2 - at_s) / r2;
  const auto slope = (r2 * early - r1 * late) / (r2 - r1), curvature = 2 * (late - early) / (r2 - r1);
  return step + c.c2 * slope - c.c3 * curvature;
}

std::vector<double> DpmSolver::times(DpmSettings::Skip skip, double from, double to, std::int64_t count) const {
  using Skip = DpmSettings::Skip;
  const auto scaled = [&](double t) {
    return skip == Skip::log_snr ? schedule_.lambda(t) : skip == Skip::time_quadratic ? std::sqrt(t) : t;
  };
  const double first = scaled(from), last = scaled(to);
  std::vector<double> all;
  for (std::int64_t i = 0; i <= count; ++i) {
    const double at = first + (last - first) * static_cast<double>(i) / static_cast<double>(count);
    all.push_back(skip == Skip::log_snr ? schedule_.time_of(at) : skip == Skip::time_quadratic ? at * at : at);
  }
  return all;
}

void DpmSolver::report(std::int64_t done, const at::Tensor& x, const at::Tensor& value) const {
  if (!settings_.on_step) return;
  const bool data = settings_.algorithm == DpmSettings::Algorithm::data;
  settings_.on_step({done, settings_.steps, x, data ? value : at::Tensor()});
}

at::Tensor DpmSolver::multistep(at::Tensor x) const {
  const auto grid = times(settings_.skip, schedule_.end(), schedule_.beginning(), settings_.steps);
  std::vector<at::Tensor> values;
  std::vector<double> at;
  for (std::int64_t step = 1; step <= settings_.steps; ++step) {
    const double now = grid[static_cast<std::size_t>(step - 1)], next = grid[static_cast<std::size_t>(step)];
    values.push_back(value(x, now));
    at.push_back(now);
    if (values.size() > static_cast<std::size_t>(settings_.order)) {
      values.erase(values.begin());
      at.erase(at.begin());
    }
    auto order = static_cast<std::int64_t>(values.size());
    if (settings_.lower_order_final && settings_.steps < 10) order = std::min(order, settings_.steps + 1 - step);
    const auto skip = static_cast<std::ptrdiff_t>(values.size()) - order;
    const std::vector<at::Tensor> last(values.begin() + skip, values.end());
    const std::vector<double> when(at.begin() + skip, at.end());
    x = order == 1 ? first(x, now, next, last[0])
                   : order == 2 ? multistep_second(x, last, when, next) : multistep_third(x, last, when, next);
    report(step, x, values.back());
  }
  return x;
}

at::Tensor DpmSolver::singlestep(at::Tensor x) const {
  const auto steps = settings_.steps, order = settings_.order;
  std::vector<std::int64_t> orders(static_cast<std::size_t>(steps / order), order);
  if (order == 3 && steps % 3 == 0) {
    orders.back() = 2;
    orders.push_back(1);
  } else if (steps % order != 0) {
    orders.push_back(steps % order);
  }
  const auto pieces = static_cast<std::int64_t>(orders.size());
  const bool by_lambda = settings_.skip == DpmSettings::Skip::log_snr;
  const auto grid = times(settings_.skip, schedule_.end(), schedule_.beginning(), by_lambda ? pieces : steps);
  std::size_t place = 0;
  std::int64_t done = 0;
  for (const auto piece : orders) {
    const double s = grid[place];
    place += by_lambda ? 1 : static_cast<std::size_t>(piece);
    const double t = grid[place];
    const auto inner = times(settings_.skip, s, t, piece);
    const double whole = schedule_.lambda(t) - schedule_.lambda(s);
    const auto share = [&](std::size_t i) { return (schedule_.lambda(inner[i]) - schedule_.lambda(s)) / whole; };
    x = piece == 1 ? first(x, s, t, value(x, s))
                   : piece == 2 ? singlestep_second(x, s, t, share(1)) : singlestep_third(x, s, t, share(1), share(2));
    done += piece;
    report(done, x, {});
  }
  return x;
}

at::Tensor DpmSolver::sample(at::Tensor x) const {
  x = settings_.method == DpmSettings::Method::multistep ? multistep(std::move(x)) : singlestep(std::move(x));
  return settings_.finish_with_start ? start(x, schedule_.beginning()) : x;
}

at::Tensor dpm_solver(const Process& process, const Denoiser& denoiser, at::Tensor x, const DpmSettings& settings) {
  const auto mean = [&](const at::Tensor& now, const at::Tensor& t) { return process.mean_part(denoiser(now, t)); };
  return DpmSolver(ContinuousSchedule::discrete(process.beta()), process.predicts(), mean, settings).sample(std::move(x));
}

}  // namespace plexus::diffusion
