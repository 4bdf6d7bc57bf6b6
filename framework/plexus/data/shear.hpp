#pragma once
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// What to do with a grid whose axes are not at right angles (gantry tilt, an affine registration written into a header),
// which neither ITK nor the steps can work on.
enum class OnShear {
  error,    // refuse it
  nearest,  // the closest right angles (polar decomposition), around the same centre: voxels stay, places move
  resample  // voxels are interpolated onto a grid with the closest right angles that covers the old one: places stay
};
OnShear on_shear_of(const std::string& name);  // "error", "nearest", "resample"; throws std::invalid_argument

// Cosine between two axes from which on they count as sheared: 0.06 degrees off.
constexpr double largest_shear = 1e-3;
// The largest cosine between two of the axes.
double shear_of(const Geometry& geometry);

// Voxels [C, D, H, W] and their geometry after `how` (not error), and a sentence that tells of it. Labels are resampled to
// the nearest voxel; elsewhere, beyond the old grid, is the smallest value (0 in labels).
std::string straighten(at::Tensor& data, Geometry& geometry, at::IntArrayRef size, OnShear how, bool label);
// Sizes [D, H, W] that it gives.
std::vector<std::int64_t> straight_size(const Geometry& geometry, at::IntArrayRef size, OnShear how);

}  // namespace plexus
