#include <plexus/data/geometry.hpp>

#include <cmath>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

using Matrix = std::array<double, 9>;

// Columns of the direction times spacing.
Matrix step_matrix(const Geometry& geometry) {
  Matrix steps{};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t axis = 0; axis < 3; ++axis)
      steps[3 * row + axis] = geometry.direction[3 * row + axis] * geometry.spacing[axis];
  return steps;
}

Matrix inverse(const Matrix& m) {
  const auto minor = [&](std::size_t a, std::size_t b, std::size_t c, std::size_t d) { return m[a] * m[d] - m[b] * m[c]; };
  const Matrix cofactors{minor(4, 5, 7, 8),  -minor(1, 2, 7, 8), minor(1, 2, 4, 5),  -minor(3, 5, 6, 8), minor(0, 2, 6, 8),
                         -minor(0, 2, 3, 5), minor(3, 4, 6, 7),  -minor(0, 1, 6, 7), minor(0, 1, 3, 4)};
  const double determinant = m[0] * cofactors[0] + m[1] * cofactors[3] + m[2] * cofactors[6];
  if (!std::isnormal(determinant)) throw Error(ErrorKind::data, "the axes of the grid do not span space");
  Matrix result{};
  for (std::size_t i = 0; i < 9; ++i) result[i] = cofactors[i] / determinant;
  return result;
}

Point times(const Matrix& m, const Point& p) {
  Point result{};
  for (std::size_t row = 0; row < 3; ++row) result[row] = m[3 * row] * p[0] + m[3 * row + 1] * p[1] + m[3 * row + 2] * p[2];
  return result;
}

// The patient axis (0: x, 1: y, 2: z) of each index axis: the closest pair first, so that no patient axis is taken twice.
std::array<std::size_t, 3> closest_axes(const Geometry& geometry) {
  std::array<std::size_t, 3> closest{};
  std::array<bool, 3> index_taken{}, patient_taken{};
  for (int pair = 0; pair < 3; ++pair) {
    double best = -1;
    std::size_t at_index = 0, at_patient = 0;
    for (std::size_t index = 0; index < 3; ++index)
      for (std::size_t patient = 0; patient < 3; ++patient) {
        const double along = std::abs(geometry.direction[3 * patient + index]);
        if (index_taken[index] || patient_taken[patient] || !(along > best)) continue;
        best = along, at_index = index, at_patient = patient;
      }
    index_taken[at_index] = patient_taken[at_patient] = true;
    closest[at_index] = at_patient;
  }
  return closest;
}

constexpr std::array<std::array<char, 2>, 3> letters{{{'R', 'L'}, {'A', 'P'}, {'I', 'S'}}};  // LPS: second grows

}  // namespace

Point world_of(const Geometry& geometry, const Point& index) {
  Point world = times(step_matrix(geometry), index);
  for (std::size_t row = 0; row < 3; ++row) world[row] += geometry.origin[row];
  return world;
}

Geometry shifted(const Geometry& geometry, const Point& start) {
  Geometry result = geometry;
  result.origin = world_of(geometry, start);
  return result;
}

Geometry flipped(const Geometry& geometry, std::size_t axis, std::int64_t size) {
  Point last{0, 0, 0};
  last[axis] = static_cast<double>(size - 1);
  Geometry result = shifted(geometry, last);
  for (std::size_t row = 0; row < 3; ++row) result.direction[3 * row + axis] *= -1;
  return result;
}

Geometry permuted(const Geometry& geometry, const std::array<std::size_t, 3>& axes) {
  Geometry result = geometry;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    result.spacing[axis] = geometry.spacing[axes[axis]];
    for (std::size_t row = 0; row < 3; ++row) result.direction[3 * row + axis] = geometry.direction[3 * row + axes[axis]];
  }
  return result;
}

IndexMap index_map(const Geometry& to, const Geometry& from) {
  const Matrix back = inverse(step_matrix(from)), steps = step_matrix(to);
  IndexMap map;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Point column = times(back, {steps[axis], steps[3 + axis], steps[6 + axis]});
    for (std::size_t row = 0; row < 3; ++row) map.matrix[3 * row + axis] = column[row];
  }
  map.offset = times(back, {to.origin[0] - from.origin[0], to.origin[1] - from.origin[1], to.origin[2] - from.origin[2]});
  return map;
}

std::string axis_code(const Geometry& geometry) {
  const auto closest = closest_axes(geometry);
  std::string code;
  for (std::size_t axis = 0; axis < 3; ++axis)
    code += letters[closest[axis]][geometry.direction[3 * closest[axis] + axis] > 0 ? 1 : 0];
  return code;
}

std::string check_axis_code(const std::string& code) {
  std::array<int, 3> named{};
  bool known = code.size() == 3;
  for (const char letter : code) {
    bool found = false;
    for (std::size_t patient = 0; patient < 3; ++patient)
      if (letter == letters[patient][0] || letter == letters[patient][1]) found = true, ++named[patient];
    known = known && found;
  }
  if (known && named == std::array<int, 3>{1, 1, 1}) return "";
  return "'" + code + "' is no orientation: name each of R or L, A or P, S or I once, as in RAS";
}

AxisOrder order_for(const Geometry& geometry, const std::string& code) {
  if (const auto wrong = check_axis_code(code); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, "orientation");
  const auto closest = closest_axes(geometry);
  const std::string now = axis_code(geometry);
  AxisOrder order;
  for (std::size_t target = 0; target < 3; ++target)
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto& pair = letters[closest[axis]];
      if (code[target] != pair[0] && code[target] != pair[1]) continue;
      order.axes[target] = axis;
      order.turned[target] = code[target] != now[axis];
    }
  return order;
}

}  // namespace plexus
