#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus {

// The framework's own transforms, by name: center_crop, clip_percentile, gaussian_noise, min_max, random_crop, random_flip,
// random_rotate90, resize, select_channels, zscore. Fields whose names begin with "image" are images [C, (D,) H, W], those
// with "label" label maps [(D,) H, W]; all of a sample change alike. The deterministic ones keep Sample::geometry true;
// the random ones, which are for training, leave it as it was.
void register_transforms(Kind<Transform>& kind);

}  // namespace plexus
