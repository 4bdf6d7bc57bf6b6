#pragma once
#include <plexus/data/raster/raster.hpp>

namespace plexus::raster {

// Gaussian blur of standard deviation `radius` < 1 pixel by three box passes along each axis, edges repeated; 8 bits: 2^-24
// fixed-point weights and rounding after each pass. Throws std::invalid_argument for a radius outside [0, 1).
// Instances: std::uint8_t, float.
template <class T>
void blur(Raster<T> image, double radius);

}  // namespace plexus::raster
