#include <plexus/data/resample_oblique.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace plexus {
namespace {

// An output row in the input: places start + o * step.
struct Line {
  Point start, step;
  Point place(std::int64_t o) const {
    const auto at = static_cast<double>(o);
    return {start[0] + at * step[0], start[1] + at * step[1], start[2] + at * step[2]};
  }
};

Line line_of(const IndexMap& map, std::int64_t j, std::int64_t k) {
  Line line;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    line.start[axis] = map.offset[axis] + map.matrix[3 * axis + 1] * static_cast<double>(j) +
                       map.matrix[3 * axis + 2] * static_cast<double>(k);
    line.step[axis] = map.matrix[3 * axis];
  }
  return line;
}

struct Outputs {
  std::int64_t begin, end;
};

// Outputs of a row of `width` whose places are in [low, high] on every axis, with high[axis] = size - 1 + more.
Outputs within(const Line& line, const std::array<std::int64_t, 3>& size, double low, double more, std::int64_t width) {
  double first = 0, last = static_cast<double>(width - 1);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double high = static_cast<double>(size[axis] - 1) + more, start = line.start[axis], step = line.step[axis];
    if (std::abs(step) < 1e-12) {
      if (start < low || start > high) return {0, 0};
      continue;
    }
    const double a = (low - start) / step, b = (high - start) / step;
    first = std::max(first, std::min(a, b));
    last = std::min(last, std::max(a, b));
  }
  if (!(first <= last)) return {0, 0};
  const auto begin = static_cast<std::int64_t>(std::ceil(first)), end = static_cast<std::int64_t>(std::floor(last)) + 1;
  return begin < end ? Outputs{begin, end} : Outputs{0, 0};
}

float linear_inside(const Block<const float>& input, const Point& place) {
  const auto x = static_cast<std::int64_t>(place[0]), y = static_cast<std::int64_t>(place[1]),
             z = static_cast<std::int64_t>(place[2]);
  const auto p = static_cast<float>(place[0] - static_cast<double>(x)),
             q = static_cast<float>(place[1] - static_cast<double>(y)),
             r = static_cast<float>(place[2] - static_cast<double>(z));
  const std::int64_t row = input.width, plane = input.height * row;
  const float* v = input.values + z * plane + y * row + x;
  const auto mix = [](float a, float b, float part) { return a + part * (b - a); };
  const float front = mix(mix(v[0], v[1], p), mix(v[row], v[row + 1], p), q);
  v += plane;
  const float behind = mix(mix(v[0], v[1], p), mix(v[row], v[row + 1], p), q);
  return mix(front, behind, r);
}

// Any place, moved to the closest one on the grid; 2 or 4 voxels an axis.
float weighted_anywhere(const Block<const float>& input, Point place, Interpolation interpolation) {
  const std::array<std::int64_t, 3> size{input.width, input.height, input.depth};
  const int count = interpolation == Interpolation::bspline ? 4 : 2, first = count == 4 ? -1 : 0;
  std::array<std::array<std::int64_t, 4>, 3> index{};
  double weight[3][4];
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double at = std::clamp(place[axis], 0.0, static_cast<double>(size[axis] - 1)), below = std::floor(at),
                 part = at - below;
    if (count == 4)
      cubic_weights(part, weight[axis]);
    else
      weight[axis][0] = 1 - part, weight[axis][1] = part;
    for (int t = 0; t < count; ++t)
      index[axis][static_cast<std::size_t>(t)] = mirrored(static_cast<std::int64_t>(below) + first + t, size[axis]);
  }
  double sum = 0;
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k)
    for (std::size_t j = 0; j < static_cast<std::size_t>(count); ++j) {
      const float* row = input.values + (index[2][k] * input.height + index[1][j]) * input.width;
      double along = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        along += weight[0][i] * static_cast<double>(row[index[0][i]]);
      sum += weight[2][k] * weight[1][j] * along;
    }
  return static_cast<float>(sum);
}

std::int64_t nearest_index(double place, std::int64_t size) {
  return std::clamp(static_cast<std::int64_t>(std::floor(place + 0.5 + place_tolerance)), std::int64_t{0}, size - 1);
}

// Calls `fill(row, line, inside)` for each output row.
template <class T, class Fill>
void each_row(const Block<T>& output, const IndexMap& map, Fill&& fill) {
  for (std::int64_t k = 0; k < output.depth; ++k)
    for (std::int64_t j = 0; j < output.height; ++j)
      fill(output.values + (k * output.height + j) * output.width, line_of(map, j, k));
}

}  // namespace

void resample_oblique(const Block<const float>& input, const Block<float>& output, const IndexMap& map,
                      Interpolation interpolation, std::optional<double> outside) {
  const std::array<std::int64_t, 3> size{input.width, input.height, input.depth};
  const std::int64_t width = output.width;
  each_row(output, map, [&](float* row, const Line& line) {
    Outputs inside{0, width};
    if (outside) {
      inside = within(line, size, -0.5 - place_tolerance, 0.5 + place_tolerance, width);
      std::fill_n(row, inside.begin, static_cast<float>(*outside));
      std::fill(row + inside.end, row + width, static_cast<float>(*outside));
    }
    Outputs plain{inside.begin, inside.begin};  // with all eight voxels on the grid
    if (interpolation == Interpolation::linear) {
      const Outputs found = within(line, size, place_tolerance, -place_tolerance, width);
      if (found.begin < found.end) plain = found;
    }
    for (std::int64_t o = inside.begin; o < plain.begin; ++o) row[o] = weighted_anywhere(input, line.place(o), interpolation);
    for (std::int64_t o = plain.begin; o < plain.end; ++o) row[o] = linear_inside(input, line.place(o));
    for (std::int64_t o = plain.end; o < inside.end; ++o) row[o] = weighted_anywhere(input, line.place(o), interpolation);
  });
}

template <class T>
void pick_oblique(const Block<const T>& input, const Block<T>& output, const IndexMap& map, std::optional<T> outside) {
  const std::array<std::int64_t, 3> size{input.width, input.height, input.depth};
  each_row(output, map, [&](T* row, const Line& line) {
    Outputs inside{0, output.width};
    if (outside) {
      inside = within(line, size, -0.5 - place_tolerance, 0.5 + place_tolerance, output.width);
      std::fill_n(row, inside.begin, *outside);
      std::fill(row + inside.end, row + output.width, *outside);
    }
    for (std::int64_t o = inside.begin; o < inside.end; ++o) {
      const Point place = line.place(o);
      row[o] = input.values[(nearest_index(place[2], size[2]) * input.height + nearest_index(place[1], size[1])) * input.width +
                            nearest_index(place[0], size[0])];
    }
  });
}

#define PLEXUS_PICK(T) template void pick_oblique(const Block<const T>&, const Block<T>&, const IndexMap&, std::optional<T>);
PLEXUS_PICK(std::uint8_t)
PLEXUS_PICK(std::uint16_t)
PLEXUS_PICK(std::uint32_t)
PLEXUS_PICK(std::uint64_t)
#undef PLEXUS_PICK

}  // namespace plexus
