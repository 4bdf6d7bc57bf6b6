#include <plexus/nn/ramps.hpp>

#include <algorithm>
#include <cmath>

namespace plexus {

double sigmoid_ramp(double position, double length) {
  if (length <= 0) return 1;
  const double rest = 1 - std::clamp(position, 0.0, length) / length;
  return std::exp(-5 * rest * rest);
}

}  // namespace plexus
