#pragma once
#include <plexus/sdk/sample.hpp>

#include "ssl_volumes.hpp"

namespace plexus::datasets {

// Volumes [D, H, W] with their axes ordered and turned to the closest of x to the left, y to the back, z up (what GenericSSL
// calls RAI): ITK's orient filter with the identity as the desired direction. Nothing is resampled.
ImageLabel turned_to_lps(const ImageLabel& pair, const Geometry& geometry);

}  // namespace plexus::datasets
