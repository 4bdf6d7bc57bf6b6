#include <plexus/data/affine.hpp>

#include <cmath>

namespace plexus {

std::array<double, 16> ras_affine(const Geometry& geometry) {
  std::array<double, 16> affine{};
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;  // LPS to RAS
    for (std::size_t column = 0; column < 3; ++column) {
      const double value = sign * geometry.direction[3 * row + column] * geometry.spacing[column];
      affine[4 * row + column] = value == 0 ? 0 : value;  // no negative zeros
    }
    affine[4 * row + 3] = geometry.origin[row] == 0 ? 0 : sign * geometry.origin[row];
  }
  affine[15] = 1;
  return affine;
}

Geometry geometry_of_ras(const std::array<double, 16>& affine) {
  Geometry geometry;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    geometry.spacing[axis] = std::hypot(affine[axis], affine[4 + axis], affine[8 + axis]);
    geometry.origin[axis] = (axis < 2 ? -1 : 1) * affine[4 * axis + 3];  // RAS to LPS
    if (!std::isnormal(geometry.spacing[axis]) || !std::isfinite(geometry.origin[axis])) return {};
    for (std::size_t row = 0; row < 3; ++row)
      geometry.direction[3 * row + axis] = (row < 2 ? -1 : 1) * affine[4 * row + axis] / geometry.spacing[axis];
  }
  geometry.known = true;
  return geometry;
}

}  // namespace plexus
