#include <plexus/diffusion/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus::diffusion {

std::vector<double> linear_betas(std::int64_t steps, double first, double last) {
  std::vector<double> all(static_cast<std::size_t>(steps));
  for (std::int64_t i = 0; i < steps; ++i) {
    all[static_cast<std::size_t>(i)] =
        steps == 1 ? first : first + static_cast<double>(i) * (last - first) / static_cast<double>(steps - 1);
  }
  return all;
}

std::vector<double> linear_betas(std::int64_t steps) {
  if (steps < 20) {
    throw Error(ErrorKind::configuration, "the linear schedule needs at least 20 steps, not " + std::to_string(steps), "",
                "take more steps or the cosine schedule");
  }
  return linear_betas(steps, 0.1 / static_cast<double>(steps), 20.0 / static_cast<double>(steps));
}

std::vector<double> cosine_betas(std::int64_t steps, double largest) {
  const auto g = [steps](std::int64_t i) {
    const double u = static_cast<double>(i) / static_cast<double>(steps);
    const double c = std::cos((u + 0.008) / 1.008 * std::numbers::pi / 2);
    return c * c;
  };
  std::vector<double> all(static_cast<std::size_t>(steps));
  for (std::int64_t i = 0; i < steps; ++i) all[static_cast<std::size_t>(i)] = std::min(1 - g(i + 1) / g(i), largest);
  return all;
}

std::vector<double> betas(const std::string& schedule, std::int64_t steps) {
  if (steps < 1) throw Error(ErrorKind::configuration, "a diffusion needs at least one step");
  if (schedule == "linear") return linear_betas(steps);
  if (schedule == "cosine") return cosine_betas(steps);
  throw Error(ErrorKind::configuration, "no noise schedule '" + schedule + "'" + did_you_mean(schedule, {"linear", "cosine"}));
}

}  // namespace plexus::diffusion
