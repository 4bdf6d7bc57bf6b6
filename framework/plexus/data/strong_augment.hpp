#pragma once
#include <string>
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/data/spatial_augment.hpp>

namespace plexus {

// The strong augmentation of GenericSSL and DHC (xmed-lab): of six changes, some are picked without replacement, each is then
// made with a probability, in the reverse of the order drawn.
enum class StrongChange { rotation, scale, blur, brightness, contrast, gamma };

struct StrongChoice {
  StrongChange change;
  double value;  // radians, factor, sigma in voxels, factor, factor, exponent
};

// Throws std::invalid_argument for another name.
StrongChange strong_change(const std::string& name);
// Those that are made, in the order in which they are. `planar`: the wider ranges of the 2D task.
std::vector<StrongChoice> draw_strong(std::int64_t picks, double probability, bool planar, Rng& rng);
Augmentable strongly_changed(Augmentable sample, const StrongChoice& choice);

}  // namespace plexus
