#include <plexus/data/resample_taps.hpp>

#include <algorithm>
#include <cmath>

namespace plexus {

void cubic_weights(double part, double weights[4]) {
  const double rest = 1 - part;
  weights[0] = rest * rest * rest / 6;
  weights[1] = (4 - 6 * part * part + 3 * part * part * part) / 6;
  weights[2] = (4 - 6 * rest * rest + 3 * rest * rest * rest) / 6;
  weights[3] = part * part * part / 6;
}

std::int64_t mirrored(std::int64_t index, std::int64_t size) {
  if (size == 1) return 0;
  const std::int64_t period = 2 * size - 2, within = ((index % period) + period) % period;
  return within < size ? within : period - within;
}

Taps make_taps(double offset, double step, std::int64_t n_in, std::int64_t n_out, Interpolation interpolation) {
  Taps taps;
  std::vector<double> places(static_cast<std::size_t>(n_out));
  const double last = static_cast<double>(n_in - 1);
  const auto inside = [&](double place) { return place >= -0.5 - place_tolerance && place <= last + 0.5 + place_tolerance; };
  taps.begin = n_out;
  bool whole = true;
  for (std::int64_t o = 0; o < n_out; ++o) {
    double place = offset + step * static_cast<double>(o);
    if (inside(place)) {
      taps.begin = std::min(taps.begin, o);
      taps.end = o + 1;
    }
    place = std::clamp(place, 0.0, last);
    if (interpolation == Interpolation::nearest)
      place = std::min(last, std::floor(place + 0.5 + place_tolerance));
    else if (std::abs(place - std::round(place)) < place_tolerance)
      place = std::round(place);
    whole = whole && place == std::floor(place);
    places[static_cast<std::size_t>(o)] = place;
  }
  taps.begin = std::min(taps.begin, taps.end);

  // A cubic spline weighs three voxels even where the place is a voxel's.
  taps.count = interpolation == Interpolation::bspline ? 4 : whole ? 1 : 2;
  taps.first = taps.count == 4 ? -1 : 0;
  taps.base.resize(places.size());
  taps.weight.resize(places.size() * static_cast<std::size_t>(taps.count));
  taps.unit_step = true;
  for (std::size_t o = 0; o < places.size(); ++o) {
    const double below = std::floor(places[o]), part = places[o] - below;
    taps.base[o] = static_cast<std::int32_t>(below);
    taps.unit_step = taps.unit_step && taps.base[o] == taps.base[0] + static_cast<std::int32_t>(o);
    double weights[4] = {1, 0, 0, 0};
    if (taps.count == 2) weights[0] = 1 - part, weights[1] = part;
    if (taps.count == 4) cubic_weights(part, weights);
    for (std::size_t t = 0; t < static_cast<std::size_t>(taps.count); ++t)
      taps.weight[t * places.size() + o] = static_cast<float>(weights[t]);
  }
  return taps;
}

}  // namespace plexus
