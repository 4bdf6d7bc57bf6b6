#include <plexus/data/strong_augment.hpp>

#include <algorithm>
#include <array>
#include <numbers>
#include <span>
#include <stdexcept>

#include <ATen/ATen.h>

#include <plexus/data/intensity_augment.hpp>

namespace plexus {
namespace {

// Evenly above or below 1.
double around_one(double low, double high, Rng& rng) { return rng.chance(0.5) ? rng.uniform(low, 1) : rng.uniform(1, high); }

double draw_value(StrongChange change, bool planar, Rng& rng) {
  switch (change) {
    case StrongChange::rotation:
      return rng.uniform(-15, 15) * std::numbers::pi / 180;
    case StrongChange::scale:
      return rng.chance(0.5) ? rng.uniform(planar ? 0.5 : 0.7, 1) : 1;
    case StrongChange::blur:
      return rng.uniform(0.7, 1.3);
    case StrongChange::brightness:
      return planar ? rng.uniform(0.5, 2) : rng.uniform(0.7, 1.3);
    case StrongChange::contrast:
      return planar ? around_one(0.5, 1.5, rng) : around_one(0.7, 1.3, rng);
    case StrongChange::gamma:
      break;
  }
  return planar ? around_one(0.5, 2, rng) : around_one(0.7, 1.3, rng);
}

}  // namespace

StrongChange strong_change(const std::string& name) {
  static constexpr std::array names{"rotation", "scale", "blur", "brightness", "contrast", "gamma"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw std::invalid_argument("no change '" + name + "'");
  return static_cast<StrongChange>(found - names.begin());
}

std::vector<StrongChoice> draw_strong(std::int64_t picks, double probability, bool planar, Rng& rng) {
  std::array<StrongChange, 6> order{StrongChange::rotation,   StrongChange::scale,    StrongChange::blur,
                                    StrongChange::brightness, StrongChange::contrast, StrongChange::gamma};
  rng.shuffle(std::span<StrongChange>(order));
  std::vector<StrongChoice> choices;
  for (std::int64_t i = std::min<std::int64_t>(picks, 6); i-- > 0;) {
    const auto change = order[static_cast<std::size_t>(i)];
    if (rng.chance(probability)) choices.push_back({change, draw_value(change, planar, rng)});
  }
  return choices;
}

Augmentable strongly_changed(Augmentable sample, const StrongChoice& choice) {
  switch (choice.change) {
    case StrongChange::rotation:
      return turned_planes(sample, choice.value);
    case StrongChange::scale:
      return zoomed(sample, choice.value);
    case StrongChange::blur:
      sample.image = gaussian_blurred(sample.image, choice.value);
      break;
    case StrongChange::brightness:
      sample.image = sample.image * choice.value;
      break;
    case StrongChange::contrast:
      sample.image = contrast_changed(sample.image, choice.value);
      break;
    case StrongChange::gamma:
      sample.image = gamma_changed(sample.image, choice.value);
      break;
  }
  return sample;
}

}  // namespace plexus
