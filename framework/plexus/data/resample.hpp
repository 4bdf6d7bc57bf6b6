#pragma once
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// nearest: the voxel at floor(index + 1/2), halves go up as in ITK. linear: of the 2 x 2 x 2 around. bspline: cubic, through
// the voxels' own values (recursive prefilter, mirrored borders), as scipy.ndimage order 3 and ITK's BSpline interpolator.
enum class Interpolation { nearest, linear, bspline };
Interpolation interpolation_of(const std::string& name);  // "nearest", "linear", "bspline"; throws std::invalid_argument

// The field at the voxels of another grid. `field`: [C, D, H, W] or [D, H, W] on the CPU, on `from`; `size`: D, H, W of `to`.
// nearest keeps the element type, the others give float32. Places within half a voxel of an outermost centre have its value;
// beyond, they are `outside`, or, where that is nullopt, the value at the closest border. Grids that differ by crops, pads,
// flips and permutations alone (to a thousandth of a voxel) are copied exactly; axes that are parallel are calculated one
// after the other. No temporary of the size of the field is made but for copies of what is not contiguous, not float32
// (oblique linear) or prefiltered (one channel). On the calling thread. Throws Error(data) for sizes out of reason, and
// Error(resource) where memory is short.
at::Tensor resample_to(const at::Tensor& field, const Geometry& from, const Geometry& to, at::IntArrayRef size,
                       Interpolation interpolation, std::optional<double> outside = 0.0);

// A label map [D, H, W] with smooth outlines: each id is interpolated linearly as a mask of its own, where it may be seen;
// the largest share wins (the smaller id where two are equal).
at::Tensor resample_label_linear(const at::Tensor& label, const Geometry& from, const Geometry& to, at::IntArrayRef size,
                                 std::optional<double> outside = 0.0);

}  // namespace plexus
