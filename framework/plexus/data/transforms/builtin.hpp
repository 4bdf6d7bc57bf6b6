#pragma once
#include <plexus/sdk/registry.hpp>

namespace plexus {

// The framework's own transforms, by name; docs/preprocessing.md lists them. Fields whose names begin with "image" are images
// [C, (D,) H, W], those with "label" label maps [(D,) H, W]; all of a sample change alike. Those that move the grid keep
// Sample::geometry true, but for random_affine, which is for training and leaves it as it was.
void register_transforms(Kind<Transform>& kind);

}  // namespace plexus
