#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// A mask in memory as the evaluation works on it: 0 or 1, row-major. A 2D mask is one plane of it and `flat`, so that it has
// no neighbours along the first axis.
struct MaskGrid {
  std::vector<std::uint8_t> values;
  std::array<std::int64_t, 3> shape{0, 0, 0};
  bool flat = false;
};

// Voxels [low, high) of each axis.
struct GridBox {
  std::array<std::int64_t, 3> low{0, 0, 0}, high{0, 0, 0};
  bool empty() const { return high[0] <= low[0]; }
};

// [D, H, W], or [H, W] as one plane; throws std::invalid_argument for other dimensions.
std::array<std::int64_t, 3> grid_shape(const at::Tensor& mask);
// One value an axis of `mask` -> three; empty: 1. Throws std::invalid_argument for another number of values or one not above 0.
std::array<double, 3> grid_spacing(const at::Tensor& mask, const std::vector<double>& spacing);

// A contiguous bool tensor [D, H, W] on the CPU, set where the mask is not 0.
at::Tensor set_voxels(const at::Tensor& mask);
// The smallest box that holds all set voxels of `set` (as set_voxels gives it).
GridBox bounding_box(const at::Tensor& set);
GridBox join(const GridBox& a, const GridBox& b);
MaskGrid crop(const at::Tensor& set, const GridBox& box, bool flat);

// Voxels with a neighbour across a face that is not set; beyond the grid nothing is.
MaskGrid border(const MaskGrid& mask);

}  // namespace plexus
