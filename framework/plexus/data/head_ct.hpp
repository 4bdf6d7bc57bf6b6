#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// Values low … high as -1 … 1, clipped; float32. The usual brain window is 0 … 80 Hounsfield units.
at::Tensor windowed(const at::Tensor& values, double low, double high);

// The head in a windowed slice [1, H, W], uint8: all but the largest background that is left when the largest 8-connected piece
// above -1 is taken out, so that its holes are filled. All ones where there is no foreground, or no background.
at::Tensor head_mask(const at::Tensor& slice);

// Slices of a volume in the patient's order, all of one square size.
struct AxialSlices {
  at::Tensor image;   // [D, size, size] float32: lowest slice first, rows to the back, columns to the left
  Geometry geometry;  // of these voxels
};
// Volume [D, H, W] of any type: its axes are ordered and turned to the closest of left, posterior, superior (where its
// geometry is not known: as they are stored), planes padded to squares with `outside`, then zoomed (bilinear,
// antialiased). Planes are never cut obliquely: gantry tilt stays what it is.
AxialSlices axial_slices(const at::Tensor& volume, const Geometry& geometry, std::int64_t size, double outside);

}  // namespace plexus
