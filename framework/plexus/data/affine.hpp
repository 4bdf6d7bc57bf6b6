#pragma once
#include <array>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// Voxel index (i, j, k, 1) to world in millimetres, RAS+ (nibabel's convention), row-major 4 x 4.
std::array<double, 16> ras_affine(const Geometry& geometry);

// The other way: columns' lengths become the spacing; unknown where an axis has no length or a number is not finite.
Geometry geometry_of_ras(const std::array<double, 16>& affine);

}  // namespace plexus
