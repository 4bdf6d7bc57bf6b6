#include <plexus/data/shear.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/data/geometry.hpp>
#include <plexus/data/resample.hpp>

namespace plexus {
namespace {

// The rotation (or reflection) closest to a matrix whose columns are unit vectors: Higham's iteration of the polar
// decomposition, which squares its error each time.
std::array<double, 9> closest_rotation(std::array<double, 9> m) {
  for (int step = 0; step < 30; ++step) {
    const auto minor = [&](std::size_t a, std::size_t b, std::size_t c, std::size_t d) { return m[a] * m[d] - m[b] * m[c]; };
    const std::array<double, 9> cofactors{minor(4, 5, 7, 8),  -minor(3, 5, 6, 8), minor(3, 4, 6, 7),
                                          -minor(1, 2, 7, 8), minor(0, 2, 6, 8),  -minor(0, 1, 6, 7),
                                          minor(1, 2, 4, 5),  -minor(0, 2, 3, 5), minor(0, 1, 3, 4)};
    const double determinant = m[0] * cofactors[0] + m[1] * cofactors[1] + m[2] * cofactors[2];
    double change = 0;
    for (std::size_t i = 0; i < 9; ++i) {
      const double next = (m[i] + cofactors[i] / determinant) / 2;
      change = std::max(change, std::abs(next - m[i]));
      m[i] = next;
    }
    if (change < 1e-15) break;
  }
  return m;
}

Point last_index(at::IntArrayRef size) {
  return {static_cast<double>(size[2] - 1), static_cast<double>(size[1] - 1), static_cast<double>(size[0] - 1)};
}

Geometry nearest_grid(const Geometry& geometry, at::IntArrayRef size) {
  auto straight = geometry;
  straight.direction = closest_rotation(geometry.direction);
  auto middle = last_index(size);
  for (double& value : middle) value /= 2;
  const auto before = world_of(geometry, middle), after = world_of(straight, middle);
  for (std::size_t row = 0; row < 3; ++row) straight.origin[row] += before[row] - after[row];
  return straight;
}

struct Cover {
  Geometry grid;
  std::vector<std::int64_t> size;
};

// The smallest grid along the closest right angles that holds all voxel centres.
Cover covering_grid(const Geometry& geometry, at::IntArrayRef size) {
  auto grid = nearest_grid(geometry, size);
  const auto last = last_index(size);
  const auto map = index_map(geometry, grid);
  Point low{}, high{};
  for (int corner = 0; corner < 8; ++corner) {
    for (std::size_t row = 0; row < 3; ++row) {
      double place = map.offset[row];
      for (std::size_t axis = 0; axis < 3; ++axis)
        if (corner >> axis & 1) place += map.matrix[3 * row + axis] * last[axis];
      low[row] = corner == 0 ? place : std::min(low[row], place);
      high[row] = corner == 0 ? place : std::max(high[row], place);
    }
  }
  Cover cover{shifted(grid, low), {}};
  for (std::size_t axis = 3; axis-- > 0;)
    cover.size.push_back(static_cast<std::int64_t>(std::ceil(high[axis] - low[axis] - 1e-3)) + 1);
  return cover;
}

}  // namespace

OnShear on_shear_of(const std::string& name) {
  if (name == "error") return OnShear::error;
  if (name == "nearest") return OnShear::nearest;
  if (name == "resample") return OnShear::resample;
  throw std::invalid_argument("no way with shear: " + name);
}

double shear_of(const Geometry& geometry) {
  double largest = 0;
  for (std::size_t a = 0; a < 3; ++a) {
    double cosine = 0;
    for (std::size_t row = 0; row < 3; ++row)
      cosine += geometry.direction[3 * row + a] * geometry.direction[3 * row + (a + 1) % 3];
    largest = std::max(largest, std::abs(cosine));
  }
  return largest;
}

std::vector<std::int64_t> straight_size(const Geometry& geometry, at::IntArrayRef size, OnShear how) {
  return how == OnShear::resample ? covering_grid(geometry, size).size : size.vec();
}

std::string straighten(at::Tensor& data, Geometry& geometry, at::IntArrayRef size, OnShear how, bool label) {
  const double degrees = std::asin(std::min(1.0, shear_of(geometry))) * 180 / 3.14159265358979323846;
  if (how == OnShear::nearest) {
    geometry = nearest_grid(geometry, size);
    return fmt::format("the axes are sheared by {:.2f} degrees: the closest right angles are taken", degrees);
  }
  const auto cover = covering_grid(geometry, size);
  if (data.defined()) {
    const double outside = label ? 0 : data.min().item<double>();
    data = resample_to(data, geometry, cover.grid, cover.size, label ? Interpolation::nearest : Interpolation::linear, outside);
  }
  geometry = cover.grid;
  return fmt::format("the axes are sheared by {:.2f} degrees: resampled onto a grid with right angles", degrees);
}

}  // namespace plexus
