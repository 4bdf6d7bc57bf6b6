#include <plexus/data/affine.hpp>

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

}  // namespace plexus
