#include <plexus/eval/grid.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <ATen/ATen.h>

namespace plexus {

std::array<std::int64_t, 3> grid_shape(const at::Tensor& mask) {
  if (mask.dim() == 3) return {mask.size(0), mask.size(1), mask.size(2)};
  if (mask.dim() == 2) return {1, mask.size(0), mask.size(1)};
  throw std::invalid_argument("a mask must have 2 or 3 axes");
}

std::array<double, 3> grid_spacing(const at::Tensor& mask, const std::vector<double>& spacing) {
  if (spacing.empty()) return {1, 1, 1};
  if (spacing.size() != static_cast<std::size_t>(mask.dim()))
    throw std::invalid_argument("spacing must have one value an axis of the mask");
  if (!std::all_of(spacing.begin(), spacing.end(), [](double s) { return s > 0; }))
    throw std::invalid_argument("spacing must be above 0");
  return mask.dim() == 2 ? std::array<double, 3>{1, spacing[0], spacing[1]}
                         : std::array<double, 3>{spacing[0], spacing[1], spacing[2]};
}

at::Tensor set_voxels(const at::Tensor& mask) {
  const auto shape = grid_shape(mask);
  return mask.detach().to(at::kCPU).ne(0).reshape({shape[0], shape[1], shape[2]}).contiguous();
}

GridBox bounding_box(const at::Tensor& set) {
  const auto shape = grid_shape(set);
  const bool* voxels = set.const_data_ptr<bool>();
  GridBox box;
  box.low = shape;
  for (std::int64_t z = 0; z < shape[0]; ++z)
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      const bool* row = voxels + (z * shape[1] + y) * shape[2];
      const bool* end = row + shape[2];
      const auto* first = static_cast<const bool*>(std::memchr(row, 1, static_cast<std::size_t>(shape[2])));
      if (first == nullptr) continue;
      while (!end[-1]) --end;
      box.low = {std::min(box.low[0], z), std::min(box.low[1], y), std::min(box.low[2], first - row)};
      box.high = {z + 1, std::max(box.high[1], y + 1), std::max(box.high[2], end - row)};
    }
  return box.empty() ? GridBox{} : box;
}

GridBox join(const GridBox& a, const GridBox& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  GridBox both;
  for (std::size_t k = 0; k < 3; ++k) {
    both.low[k] = std::min(a.low[k], b.low[k]);
    both.high[k] = std::max(a.high[k], b.high[k]);
  }
  return both;
}

MaskGrid crop(const at::Tensor& set, const GridBox& box, bool flat) {
  const auto shape = grid_shape(set);
  const bool* voxels = set.const_data_ptr<bool>();
  MaskGrid grid;
  grid.flat = flat;
  for (std::size_t k = 0; k < 3; ++k) grid.shape[k] = box.high[k] - box.low[k];
  grid.values.resize(static_cast<std::size_t>(grid.shape[0] * grid.shape[1] * grid.shape[2]));
  auto to = grid.values.begin();
  for (std::int64_t z = box.low[0]; z < box.high[0]; ++z)
    for (std::int64_t y = box.low[1]; y < box.high[1]; ++y)
      to = std::copy_n(voxels + (z * shape[1] + y) * shape[2] + box.low[2], grid.shape[2], to);
  return grid;
}

MaskGrid border(const MaskGrid& mask) {
  const auto [depth, height, width] = mask.shape;
  MaskGrid edge{std::vector<std::uint8_t>(mask.values.size()), mask.shape, mask.flat};
  const std::vector<std::uint8_t> nothing(static_cast<std::size_t>(width), 0);
  const std::int64_t plane = height * width;
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 0; y < height; ++y) {
      const std::uint8_t* row = mask.values.data() + z * plane + y * width;
      const std::uint8_t* up = y > 0 ? row - width : nothing.data();
      const std::uint8_t* down = y + 1 < height ? row + width : nothing.data();
      const std::uint8_t* below = mask.flat ? row : z > 0 ? row - plane : nothing.data();
      const std::uint8_t* above = mask.flat ? row : z + 1 < depth ? row + plane : nothing.data();
      std::uint8_t* out = edge.values.data() + z * plane + y * width;
      for (std::int64_t x = 0; x < width; ++x) {
        const bool at_end = x == 0 || x + 1 == width;
        const bool inside = !at_end && row[x - 1] && row[x + 1] && up[x] && down[x] && below[x] && above[x];
        out[x] = row[x] && !inside;
      }
    }
  return edge;
}

}  // namespace plexus
