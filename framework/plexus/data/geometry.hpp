#pragma once
#include <array>
#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/sample.hpp>

namespace plexus {

using Point = std::array<double, 3>;  // x, y, z in millimetres, or voxel indices i, j, k

// The world point of a voxel index, which may lie between voxels.
Point world_of(const Geometry& geometry, const Point& index);

// The same voxels counted from `start`: what a crop leaves. Negative starts are those of padding.
Geometry shifted(const Geometry& geometry, const Point& start);
// The index axis (0: i, 1: j, 2: k), which has `size` voxels, turned round.
Geometry flipped(const Geometry& geometry, std::size_t axis, std::int64_t size);
// Index axis a of the result is axes[a] of `geometry`.
Geometry permuted(const Geometry& geometry, const std::array<std::size_t, 3>& axes);

// index -> matrix * index + offset, row-major: the voxel index on one grid of a voxel index on another.
struct IndexMap {
  std::array<double, 9> matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};
  Point offset{0, 0, 0};
};
// From an index on `to` to the one on `from` at the same place. Throws Error(data) where the axes of `from` do not span space.
IndexMap index_map(const Geometry& to, const Geometry& from);

// Towards what each index axis grows, by the axis of the patient that it is closest to: "LPS", "RAS", …, as nibabel's
// aff2axcodes.
std::string axis_code(const Geometry& geometry);
// Which of the axes of `geometry` runs along each axis of a code and whether it must be turned round. Throws
// Error(configuration) where `code` does not name each of R or L, A or P, S or I once.
struct AxisOrder {
  std::array<std::size_t, 3> axes{0, 1, 2};
  std::array<bool, 3> turned{false, false, false};
};
AxisOrder order_for(const Geometry& geometry, const std::string& code);
// "" or what is wrong with a code.
std::string check_axis_code(const std::string& code);

}  // namespace plexus
