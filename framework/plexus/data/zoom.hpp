#pragma once
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// What the order-0 zoom does with an output position that rounding puts just beyond the last input voxel.
enum class ZoomBorder {
  zero,   // as published (SciPy's constant mode): the last plane of some sizes, 256 -> 216 among them, becomes 0
  repeat  // the last input voxel
};

// Source index of every output index of one axis, corners aligned: floor(o (n_in - 1) / (n_out - 1) + 1/2) in double;
// -1 where the output is 0 (ZoomBorder::zero only). An output of one voxel takes the first. Throws std::invalid_argument
// where a size is below 1.
std::vector<std::int64_t> zoom_indices(std::int64_t n_in, std::int64_t n_out, ZoomBorder border = ZoomBorder::zero);

// Nearest-neighbour zoom of the last sizes.size() axes: [..., H, W] with {h, w} -> [..., h, w]. Any type and device.
at::Tensor zoom_nearest(const at::Tensor& image, at::IntArrayRef sizes, ZoomBorder border = ZoomBorder::zero);

}  // namespace plexus
