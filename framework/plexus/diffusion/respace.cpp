#include <plexus/diffusion/respace.hpp>

#include <charconv>
#include <cmath>
#include <stdexcept>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus::diffusion {

std::vector<std::int64_t> evenly_kept(std::int64_t steps, std::int64_t count) {
  if (count < 1 || count > steps) {
    throw Error(ErrorKind::configuration,
                "cannot keep " + std::to_string(count) + " of " + std::to_string(steps) + " diffusion steps", "",
                "take 1 to " + std::to_string(steps) + " sampling steps");
  }
  const double stride = count == 1 ? 1 : static_cast<double>(steps - 1) / static_cast<double>(count - 1);
  std::vector<std::int64_t> kept;
  double at = 0;
  for (std::int64_t i = 0; i < count; ++i, at += stride) kept.push_back(std::llrint(std::nearbyint(at)));
  return kept;
}

std::vector<std::int64_t> kept_steps(std::int64_t steps, const std::string& text) {
  const auto number = [&](std::string_view word) {
    std::int64_t value = 0;
    word = trim(word);
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (fault != std::errc() || end != word.data() + word.size() || value < 1) {
      throw Error(ErrorKind::configuration, "'" + text + "' does not say which diffusion steps to keep", "",
                  "write 25, ddim25 or 10,15,20");
    }
    return value;
  };
  std::vector<std::int64_t> kept;
  if (trim(text).empty()) {
    for (std::int64_t i = 0; i < steps; ++i) kept.push_back(i);
    return kept;
  }
  if (text.rfind("ddim", 0) == 0) {
    const auto count = number(std::string_view(text).substr(4));
    for (std::int64_t stride = 1; stride <= steps; ++stride) {
      if ((steps + stride - 1) / stride != count) continue;
      for (std::int64_t i = 0; i < steps; i += stride) kept.push_back(i);
      return kept;
    }
    throw Error(ErrorKind::configuration,
                "no whole stride keeps exactly " + std::to_string(count) + " of " + std::to_string(steps) + " diffusion steps",
                "", "take another number, or '" + std::to_string(count) + "' for uneven strides");
  }
  const auto sections = split(text, ',');
  const auto count = static_cast<std::int64_t>(sections.size());
  std::int64_t begin = 0;
  for (std::int64_t k = 0; k < count; ++k) {
    const auto size = steps / count + (k < steps % count ? 1 : 0);
    for (const auto step : evenly_kept(size, number(sections[static_cast<std::size_t>(k)]))) kept.push_back(begin + step);
    begin += size;
  }
  return kept;
}

Process respaced(const Process& process, const std::vector<std::int64_t>& kept) {
  std::vector<double> betas;
  std::vector<std::int64_t> original;
  double before = 1;
  std::int64_t last = -1;
  for (const auto step : kept) {
    if (step <= last || step >= process.steps())
      throw std::logic_error("respaced: kept steps must rise and lie in the process");
    const double now = process.alpha_bar()[static_cast<std::size_t>(step)];
    betas.push_back(1 - now / before);
    original.push_back(process.original(step));
    before = now;
    last = step;
  }
  auto settings = process.settings();
  settings.original = std::move(original);
  return {std::move(betas), std::move(settings)};
}

}  // namespace plexus::diffusion
