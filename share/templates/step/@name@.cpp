#include "@name@.hpp"

#include <ATen/ATen.h>

namespace @name@ {

void Settings::declare(plexus::Options& options) { options.add("gamma", gamma, "The power.").range(0.01, 100); }

void Step::apply(plexus::Sample& sample, plexus::Rng&) const {
  for (auto& [name, field] : sample.fields)
    if (name.rfind("image", 0) == 0) field = field.clamp_min(0).pow(settings_.gamma);
}

}  // namespace @name@
