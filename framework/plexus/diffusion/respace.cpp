#include <plexus/diffusion/respace.hpp>

#include <cmath>
#include <stdexcept>

#include <plexus/base/error.hpp>

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
  return {std::move(betas), process.predicts(), std::move(original)};
}

}  // namespace plexus::diffusion
