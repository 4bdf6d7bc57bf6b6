#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus {

// The framework's own transforms, by name: min_max, zscore, clip_percentile, resize, center_crop, random_crop, random_flip,
// random_rotate90, gaussian_noise, select_channels.
void register_transforms(Kind<Transform>& kind);

}  // namespace plexus
