#pragma once
#include <array>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// Voxel index (i, j, k, 1) to world in millimetres, RAS+ (nibabel's convention), row-major 4 x 4.
std::array<double, 16> ras_affine(const Geometry& geometry);

}  // namespace plexus
