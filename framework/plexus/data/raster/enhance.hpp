#pragma once
#include <plexus/data/raster/raster.hpp>

namespace plexus::raster {

// Each is blend(base, v, f) = base + f (v - base), clamped to the range of the type; 8 bits: in float32, truncated.
// Factor 1 is the identity. Instances: std::uint8_t, float.
template <class T>
void brightness(Raster<T> image, double factor);  // base 0
template <class T>
void contrast(Raster<T> image, double factor);  // base: the mean, 8 bits: rounded half up
template <class T>
void sharpness(Raster<T> image, double factor);  // base: the image smoothed by [1 1 1; 1 5 1; 1 1 1] / 13, border copied

}  // namespace plexus::raster
