#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/nifti.hpp>
#include <plexus/data/shear.hpp>

namespace plexus {
namespace {

using Vector = std::array<double, 3>;
using Columns = std::array<Vector, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
double length(const Vector& a) { return std::sqrt(dot(a, a)); }
Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Vector unit(Vector a) {
  const double size = length(a);
  for (double& value : a) value /= size;
  return a;
}

// The rotation of a unit quaternion (a, b, c, d) with a >= 0, by columns; b, c, d beyond the unit sphere are scaled onto it.
Columns rotation(std::array<double, 3> bcd) {
  const double square = dot(bcd, bcd);
  if (square > 1) bcd = unit(bcd);
  const double a = std::sqrt(std::max(0.0, 1 - dot(bcd, bcd)));
  const auto [b, c, d] = bcd;
  return {Vector{a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)},
          Vector{2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)},
          Vector{2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c}};
}

// The inverse of `rotation` for a proper rotation; takes the largest of the four components as the pivot.
std::array<double, 3> quaternion(const Columns& m) {
  const auto at = [&m](int row, int column) { return m[static_cast<std::size_t>(column)][static_cast<std::size_t>(row)]; };
  const std::array<double, 4> squares{1 + at(0, 0) + at(1, 1) + at(2, 2), 1 + at(0, 0) - at(1, 1) - at(2, 2),
                                      1 - at(0, 0) + at(1, 1) - at(2, 2), 1 - at(0, 0) - at(1, 1) + at(2, 2)};
  std::size_t pivot = 0;
  for (std::size_t i = 1; i < 4; ++i)
    if (squares[i] > squares[pivot]) pivot = i;
  const double twice = std::sqrt(squares[pivot]), scale = 0.5 / twice;  // twice the pivot component
  std::array<double, 4> q{};
  q[pivot] = twice / 2;
  const double x = at(2, 1) - at(1, 2), y = at(0, 2) - at(2, 0), z = at(1, 0) - at(0, 1);
  const double xy = at(0, 1) + at(1, 0), xz = at(0, 2) + at(2, 0), yz = at(1, 2) + at(2, 1);
  switch (pivot) {
    case 0:
      q[1] = x * scale;
      q[2] = y * scale;
      q[3] = z * scale;
      break;
    case 1:
      q[0] = x * scale;
      q[2] = xy * scale;
      q[3] = xz * scale;
      break;
    case 2:
      q[0] = y * scale;
      q[1] = xy * scale;
      q[3] = yz * scale;
      break;
    default:
      q[0] = z * scale;
      q[1] = xz * scale;
      q[2] = yz * scale;
      break;
  }
  const double sign = q[0] < 0 ? -1 : 1;
  return {sign * q[1], sign * q[2], sign * q[3]};
}

struct GridTransform {
  Columns columns;  // millimetres or what the header's unit says, RAS+
  Vector origin;
  std::string source;
};

bool said(double spacing) { return std::isfinite(spacing) && spacing > 0; }

GridTransform chosen(const NiftiHeader& h) {
  GridTransform t;
  if (h.sform_code > 0) {
    t.source = "sform";
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t column = 0; column < 3; ++column) t.columns[column][row] = h.srow[row][column];
      t.origin[row] = h.srow[row][3];
    }
    return t;
  }
  const bool turned = h.qform_code > 0;
  t.source = turned ? "qform" : "pixdim";
  t.columns = rotation(turned ? h.quatern : std::array<double, 3>{});
  t.origin = turned ? h.qoffset : Vector{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double spacing = std::abs(h.pixdim[axis + 1]);
    const double flip = turned && axis == 2 && h.pixdim[0] < 0 ? -1 : 1;
    for (double& value : t.columns[axis]) value *= flip * (said(spacing) ? spacing : 1);
  }
  return t;
}

double millimetres(int xyzt_units) {
  switch (xyzt_units & 7) {
    case 1:
      return 1000;
    case 3:
      return 0.001;
    default:
      return 1;
  }
}

void check(GridTransform& t, const NiftiHeader& h, const std::string& where, bool sheared) {
  const auto refuse = [&](const std::string& message, const std::string& hint) {
    throw Error(ErrorKind::data, t.source + ": " + message, where, hint);
  };
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (const double value : t.columns[axis])
      if (!std::isfinite(value)) refuse("the transform holds numbers that are not finite", "mend the header");
    if (!std::isfinite(t.origin[axis])) refuse("the origin is not finite", "mend the header");
  }
  // A picture's third axis is often left zero; it stands upright on the other two.
  if (h.dim[3] == 1 && length(t.columns[2]) == 0) {
    const auto upright = cross(t.columns[0], t.columns[1]);
    if (length(upright) > 0) t.columns[2] = unit(upright);
  }
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (length(t.columns[axis]) < 1e-12) refuse(fmt::format("axis {} has no length", axis + 1), "mend the header");
  for (std::size_t a = 0; a < 3; ++a) {
    const std::size_t b = (a + 1) % 3;
    const double cosine = dot(unit(t.columns[a]), unit(t.columns[b]));
    if (std::abs(cosine) > largest_shear && !sheared)
      refuse(fmt::format("the axes {} and {} are sheared: {:.2f} degrees instead of 90", a + 1, b + 1,
                         std::acos(std::min(1.0, std::max(-1.0, cosine))) * 180 / 3.14159265358979323846),
             "read it with --on-shear nearest (closest right angles) or --on-shear resample (onto a grid with right angles)");
  }
}

}  // namespace

Geometry nifti_geometry(NiftiHeader& header, const std::string& where, std::string& source, std::vector<std::string>& notes,
                        bool sheared) {
  auto transform = chosen(header);
  source = transform.source;
  check(transform, header, where, sheared);
  const double scale = millimetres(header.xyzt_units);
  Geometry geometry;
  geometry.known = true;
  bool plain = transform.source == "pixdim" && (header.xyzt_units & 7) == 0;
  bool repaired = false;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double size = length(transform.columns[axis]);
    geometry.spacing[axis] = size * scale;
    const double written = std::abs(header.pixdim[axis + 1]);
    if (!(std::abs(written - size) <= 1e-3 * size)) {
      header.pixdim[axis + 1] = size;
      if (axis < 2 || header.dim[3] > 1) {  // a picture says nothing of its third axis, and need not
        notes.push_back(fmt::format("pixdim of axis {} says {:g}, the {} says {:g}: the latter is taken", axis + 1, written,
                                    transform.source, size));
        repaired = true;
      }
    }
    plain = plain && (written == 1 || !said(written));
    const auto direction = unit(transform.columns[axis]);
    for (std::size_t row = 0; row < 3; ++row) {
      const double sign = row < 2 ? -1 : 1;  // RAS to LPS
      geometry.direction[3 * row + axis] = sign * direction[row];
      geometry.origin[row] = sign * transform.origin[row] * scale;
    }
  }
  if (plain) geometry = Geometry{};  // sizes of 1 without codes or units: the writer knew nothing
  // The qform's spacing is pixdim too; one that disagreed would put the output elsewhere for readers that prefer it.
  if (repaired && header.qform_code > 0 && header.sform_code > 0) {
    header.qform_code = 0;
    notes.push_back("the qform relied on that pixdim and is left out of outputs");
  }
  return geometry;
}

void set_nifti_geometry(NiftiHeader& header, const Geometry& geometry) {
  header.xyzt_units = (header.xyzt_units & ~7) | (geometry.known ? 2 : 0);
  if (!geometry.known) {
    header.qform_code = header.sform_code = 0;
    for (std::size_t axis = 0; axis < 4; ++axis) header.pixdim[axis] = 1;
    return;
  }
  Columns columns;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    header.pixdim[axis + 1] = geometry.spacing[axis];
    for (std::size_t row = 0; row < 3; ++row) {
      const double sign = row < 2 ? -1 : 1;
      columns[axis][row] = sign * geometry.direction[3 * row + axis];
      header.srow[row][axis] = columns[axis][row] * geometry.spacing[axis];
    }
  }
  for (std::size_t row = 0; row < 3; ++row)
    header.qoffset[row] = header.srow[row][3] = (row < 2 ? -1 : 1) * geometry.origin[row];
  const double handed = dot(cross(columns[0], columns[1]), columns[2]);
  header.pixdim[0] = handed < 0 ? -1 : 1;
  if (handed < 0)
    for (double& value : columns[2]) value = -value;
  header.quatern = quaternion(columns);
  if (header.qform_code <= 0) header.qform_code = 1;
  if (header.sform_code <= 0) header.sform_code = 1;
}

}  // namespace plexus
