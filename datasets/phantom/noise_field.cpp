#include "phantom/noise_field.hpp"

#include <cmath>

namespace plexus::phantom {
namespace {

struct Step {
  std::int64_t node;
  double far;  // weight of the next node
};

Step step(double coordinate, std::int64_t first, std::int64_t count) {
  const double below = std::floor(coordinate);
  const double part = coordinate - below;
  const auto node = std::min(std::max<std::int64_t>(static_cast<std::int64_t>(below) - first, 0), count - 2);
  return {node, part * part * (3 - 2 * part)};
}

// Keeps the variance: between two independent nodes a plain blend would lose half of it.
double scale(double far) { return 1 / std::sqrt((1 - far) * (1 - far) + far * far); }

}  // namespace

NoiseField::NoiseField(const Grid& grid, double length, const Rng& rng) : length_(length) {
  const Point low = grid.at(-1, -1, -1);
  const Point high =
      grid.at(static_cast<double>(grid.size[0]), static_cast<double>(grid.size[1]), static_cast<double>(grid.size[2]));
  const std::array<double, 3> from{low.x, low.y, low.z}, to{high.x, high.y, high.z};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    first_[axis] = static_cast<std::int64_t>(std::floor(from[axis] / length));
    count_[axis] = static_cast<std::int64_t>(std::floor(to[axis] / length)) - first_[axis] + 2;
  }
  nodes_.reserve(static_cast<std::size_t>(count_[0] * count_[1] * count_[2]));
  for (std::int64_t k = 0; k < count_[2]; ++k) {
    const Rng plane = rng.fork(static_cast<std::uint64_t>(first_[2] + k));
    for (std::int64_t j = 0; j < count_[1]; ++j) {
      const Rng row = plane.fork(static_cast<std::uint64_t>(first_[1] + j));
      for (std::int64_t i = 0; i < count_[0]; ++i)
        nodes_.push_back(row.fork(static_cast<std::uint64_t>(first_[0] + i)).normal());
    }
  }
}

double NoiseField::at(const Point& point) const {
  const Step x = step(point.x / length_, first_[0], count_[0]);
  const Step y = step(point.y / length_, first_[1], count_[1]);
  const Step z = step(point.z / length_, first_[2], count_[2]);
  const auto node = [&](std::int64_t k, std::int64_t j, std::int64_t i) {
    return nodes_[static_cast<std::size_t>(((z.node + k) * count_[1] + y.node + j) * count_[0] + x.node + i)];
  };
  const auto row = [&](std::int64_t k, std::int64_t j) { return node(k, j, 0) * (1 - x.far) + node(k, j, 1) * x.far; };
  const auto plane = [&](std::int64_t k) { return row(k, 0) * (1 - y.far) + row(k, 1) * y.far; };
  return (plane(0) * (1 - z.far) + plane(1) * z.far) * scale(x.far) * scale(y.far) * scale(z.far);
}

}  // namespace plexus::phantom
