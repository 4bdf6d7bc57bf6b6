#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace plexus::diffusion {

// Noise schedules: beta of steps 0 … steps - 1, in double precision.

// Evenly spaced from first to last.
std::vector<double> linear_betas(std::int64_t steps, double first, double last);
// The usual 1e-4 … 0.02 of 1000 steps stretched to another number: 0.1 / steps … 20 / steps. Throws Error(configuration)
// where a beta would exceed 1 (20 steps or fewer).
std::vector<double> linear_betas(std::int64_t steps);
// 1 - g((i + 1) / steps) / g(i / steps), at most `largest`; g(u) = cos^2((u + 0.008) / 1.008 pi / 2) (Nichol and Dhariwal,
// 2021, eq. 17).
std::vector<double> cosine_betas(std::int64_t steps, double largest = 0.999);

// 1 - g((i + 1) / steps) / g(i / steps), at most `largest`, for any falling share of signal g(u), u in [0, 1].
std::vector<double> betas_for(const std::function<double(double u)>& alpha_bar, std::int64_t steps, double largest = 0.999);
// betas_for with g(u) = 1 - sqrt(u + 1e-4) (Li et al. 2022, Diffusion-LM, appendix A).
std::vector<double> sqrt_betas(std::int64_t steps, double largest = 0.999);
// Squares of evenly spaced roots, which are rounded to float32 as published code does.
std::vector<double> quadratic_betas(std::int64_t steps, double first, double last);
// first + (last - first) sigmoid(z), z evenly spaced from -6 to 6 (float32).
std::vector<double> sigmoid_betas(std::int64_t steps, double first, double last);
// `value` at every step.
std::vector<double> constant_betas(std::int64_t steps, double value);
// 1 / (steps - i): the last step leaves no signal.
std::vector<double> jsd_betas(std::int64_t steps);

struct ScheduleSettings {
  std::string name = "linear";      // linear, cosine, sqrt, quad, sigmoid, const, jsd
  std::int64_t steps = 1000;
  double first = 1e-4, last = 0.02;  // of linear, quad and sigmoid; const: last
  bool stretched = true;             // linear: both times 1000 / steps
};
// Throws Error(configuration) for another name, steps < 1 or a beta outside (0, 1].
std::vector<double> betas(const ScheduleSettings& settings);
// The same with the usual first and last.
std::vector<double> betas(const std::string& schedule, std::int64_t steps);
// The names that ScheduleSettings takes.
const std::vector<std::string>& schedule_names();

}  // namespace plexus::diffusion
