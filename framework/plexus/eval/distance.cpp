#include <plexus/eval/distance.hpp>

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>

#include <plexus/eval/grid.hpp>

namespace plexus {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// Columns that lie side by side in memory and are worked on together.
constexpr std::int64_t block = 16;

// Along a row of seeds: the distance to the nearest is a scan from either side.
void first_axis(const std::uint8_t* seeds, double* squared, std::int64_t length, double spacing) {
  double away = infinity;
  for (std::int64_t x = 0; x < length; ++x) {
    away = seeds[x] ? 0.0 : away + 1.0;
    squared[x] = away;
  }
  away = infinity;
  for (std::int64_t x = length; x-- > 0;) {
    away = seeds[x] ? 0.0 : away + 1.0;
    const double gap = std::min(squared[x], away) * spacing;
    squared[x] = gap * gap;
  }
}

// The lower envelope of the parabolas f(v) + (spacing (p - v))^2 over a column.
class Envelope {
 public:
  Envelope(std::int64_t length, double spacing)
      : spacing_(spacing), vertex_(static_cast<std::size_t>(length)), start_(static_cast<std::size_t>(length)) {}

  // Replaces the values of a column [length] with stride `block` by the envelope's.
  void apply(double* column, std::int64_t length, std::vector<double>& value) {
    std::ptrdiff_t top = -1;
    for (std::int64_t q = 0; q < length; ++q) {
      const double f = column[q * block];
      value[static_cast<std::size_t>(q)] = f;
      if (f == infinity) continue;
      double begin = -infinity;
      while (top >= 0) {
        const std::int64_t v = vertex_[static_cast<std::size_t>(top)];
        const auto width = static_cast<double>(q - v);
        begin = 0.5 * (static_cast<double>(q + v) + (f - value[static_cast<std::size_t>(v)]) / (spacing_ * spacing_ * width));
        if (begin > start_[static_cast<std::size_t>(top)]) break;
        --top;
        begin = -infinity;
      }
      ++top;
      vertex_[static_cast<std::size_t>(top)] = q;
      start_[static_cast<std::size_t>(top)] = begin;
    }
    if (top < 0) return;
    std::ptrdiff_t k = 0;
    for (std::int64_t p = 0; p < length; ++p) {
      while (k < top && start_[static_cast<std::size_t>(k) + 1] < static_cast<double>(p)) ++k;
      const std::int64_t v = vertex_[static_cast<std::size_t>(k)];
      const double gap = spacing_ * static_cast<double>(p - v);
      column[p * block] = value[static_cast<std::size_t>(v)] + gap * gap;
    }
  }

 private:
  double spacing_;
  std::vector<std::int64_t> vertex_;
  std::vector<double> start_;
};

// An axis of `length` places `stride` apart, for `width` columns that begin at `squared`.
void later_axis(double* squared, std::int64_t length, std::int64_t stride, std::int64_t width, double spacing) {
  if (length < 2) return;
  Envelope envelope(length, spacing);
  std::vector<double> columns(static_cast<std::size_t>(length * block)), value(static_cast<std::size_t>(length));
  for (std::int64_t x = 0; x < width; x += block) {
    const std::int64_t count = std::min(block, width - x);
    for (std::int64_t p = 0; p < length; ++p) std::copy_n(squared + p * stride + x, count, columns.data() + p * block);
    for (std::int64_t k = 0; k < count; ++k) envelope.apply(columns.data() + k, length, value);
    for (std::int64_t p = 0; p < length; ++p) std::copy_n(columns.data() + p * block, count, squared + p * stride + x);
  }
}

}  // namespace

std::vector<double> squared_distances(const std::vector<std::uint8_t>& seeds, const std::array<std::int64_t, 3>& shape,
                                      const std::array<double, 3>& spacing) {
  const auto [depth, height, width] = shape;
  std::vector<double> squared(seeds.size());
  for (std::int64_t row = 0; row < depth * height; ++row)
    first_axis(seeds.data() + row * width, squared.data() + row * width, width, spacing[2]);
  for (std::int64_t z = 0; z < depth; ++z) later_axis(squared.data() + z * height * width, height, width, width, spacing[1]);
  later_axis(squared.data(), depth, height * width, height * width, spacing[0]);
  return squared;
}

at::Tensor distance_transform(const at::Tensor& mask, const std::vector<double>& spacing) {
  const at::Tensor set = set_voxels(mask);
  const auto shape = grid_shape(set);
  const MaskGrid grid = crop(set, {{0, 0, 0}, shape}, false);
  const auto squared = squared_distances(grid.values, shape, grid_spacing(mask, spacing));
  return at::tensor(squared, at::kDouble).sqrt().reshape(mask.sizes());
}

}  // namespace plexus
