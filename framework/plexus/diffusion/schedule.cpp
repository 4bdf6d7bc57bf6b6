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

std::vector<double> betas_for(const std::function<double(double)>& alpha_bar, std::int64_t steps, double largest) {
  const auto at = [&](std::int64_t i) { return alpha_bar(static_cast<double>(i) / static_cast<double>(steps)); };
  std::vector<double> all(static_cast<std::size_t>(steps));
  for (std::int64_t i = 0; i < steps; ++i) all[static_cast<std::size_t>(i)] = std::min(1 - at(i + 1) / at(i), largest);
  return all;
}

std::vector<double> cosine_betas(std::int64_t steps, double largest) {
  const auto g = [](double u) {
    const double c = std::cos((u + 0.008) / 1.008 * std::numbers::pi / 2);
    return c * c;
  };
  return betas_for(g, steps, largest);
}

std::vector<double> sqrt_betas(std::int64_t steps, double largest) {
  return betas_for([](double u) { return 1 - std::sqrt(u + 1e-4); }, steps, largest);
}

std::vector<double> quadratic_betas(std::int64_t steps, double first, double last) {
  auto all = linear_betas(steps, std::sqrt(first), std::sqrt(last));
  for (auto& value : all) {
    const auto root = static_cast<float>(value);
    value = root * root;
  }
  return all;
}

std::vector<double> sigmoid_betas(std::int64_t steps, double first, double last) {
  auto all = linear_betas(steps, -6, 6);
  for (auto& value : all) value = first + (last - first) / (1 + std::exp(-static_cast<float>(value)));
  return all;
}

std::vector<double> constant_betas(std::int64_t steps, double value) {
  return std::vector<double>(static_cast<std::size_t>(steps), value);
}

std::vector<double> jsd_betas(std::int64_t steps) {
  std::vector<double> all(static_cast<std::size_t>(steps));
  for (std::int64_t i = 0; i < steps; ++i) all[static_cast<std::size_t>(i)] = 1 / static_cast<double>(steps - i);
  return all;
}

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names{"linear", "cosine", "sqrt", "quad", "sigmoid", "const", "jsd"};
  return names;
}

std::vector<double> betas(const ScheduleSettings& s) {
  if (s.steps < 1) throw Error(ErrorKind::configuration, "a diffusion needs at least one step");
  std::vector<double> all;
  if (s.name == "linear") {
    const double scale = s.stretched ? 1000.0 / static_cast<double>(s.steps) : 1;
    all = linear_betas(s.steps, scale * s.first, scale * s.last);
  } else if (s.name == "cosine") {
    all = cosine_betas(s.steps);
  } else if (s.name == "sqrt") {
    all = sqrt_betas(s.steps);
  } else if (s.name == "quad") {
    all = quadratic_betas(s.steps, s.first, s.last);
  } else if (s.name == "sigmoid") {
    all = sigmoid_betas(s.steps, s.first, s.last);
  } else if (s.name == "const") {
    all = constant_betas(s.steps, s.last);
  } else if (s.name == "jsd") {
    all = jsd_betas(s.steps);
  } else {
    throw Error(ErrorKind::configuration, "no noise schedule '" + s.name + "'" + did_you_mean(s.name, schedule_names()));
  }
  for (const double beta : all) {
    if (beta > 0 && beta <= 1) continue;
    throw Error(ErrorKind::configuration,
                "the " + s.name + " schedule of " + std::to_string(s.steps) + " steps has a beta of " + format_real(beta) +
                    ", outside (0, 1]",
                "", s.name == "linear" ? "take more steps or the cosine schedule" : "choose first and last in (0, 1]");
  }
  return all;
}

std::vector<double> betas(const std::string& schedule, std::int64_t steps) {
  if (schedule == "linear" && steps >= 1) return linear_betas(steps);
  return betas(ScheduleSettings{.name = schedule, .steps = steps});
}

}  // namespace plexus::diffusion
