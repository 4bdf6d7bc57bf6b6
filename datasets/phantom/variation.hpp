#pragma once
#include <limits>
#include <numbers>
#include <vector>

#include "phantom/scene.hpp"

namespace plexus::phantom {

inline constexpr double all_heights = std::numeric_limits<double>::infinity();

// Uniform in mean * (1 ± part).
inline double around(Rng& rng, double mean, double part) { return mean * (1 + part * rng.uniform(-1, 1)); }

// Uniform in centre ± reach on each axis.
inline Point near(Rng& rng, Point centre, Point reach) {
  const double x = centre.x + reach.x * rng.uniform(-1, 1);
  const double y = centre.y + reach.y * rng.uniform(-1, 1);
  const double z = centre.z + reach.z * rng.uniform(-1, 1);
  return {x, y, z};
}

// Harmonics of orders 2 to `highest`, weaker as they get finer; `strength` is the amplitude of the first. Phases drift
// with z by up to `twist` radians a millimetre.
inline std::vector<Wave> uneven(Rng& rng, int highest, double strength, double twist = 0) {
  std::vector<Wave> waves;
  for (int order = 2; order <= highest; ++order) {
    const double amplitude = 2 * strength / order * rng.uniform(0.3, 1);
    const double phase = rng.uniform(0, 2 * std::numbers::pi);
    waves.push_back({static_cast<double>(order), amplitude, phase, twist * rng.uniform(-1, 1)});
  }
  return waves;
}

// How many look-alikes: `full` at strength 1.
inline int count_of(double strength, double full) { return static_cast<int>(strength * full + 0.5); }

}  // namespace plexus::phantom
