#include <plexus/data/raster/geometry.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <vector>

namespace plexus::raster {
namespace {

// Correctly rounded to 15 decimals, so that cosines of right angles are exact zeros.
double round_15(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 15).ptr;
  double rounded = 0;
  std::from_chars(text.data(), end, rounded);
  return rounded;
}

std::int64_t fixed_point(double value) { return static_cast<std::int64_t>(std::floor(value * 65536.0 + 0.5)); }

std::int64_t floor_half(std::int64_t value) { return value >> 1; }

// Output (x, y) -> source (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]).
using Affine = std::array<double, 6>;
double map_x(const Affine& m, double x, double y) { return m[0] * x + m[1] * y + m[2]; }
double map_y(const Affine& m, double x, double y) { return m[3] * x + m[4] * y + m[5]; }

// The affine map of a rotation whose canvas is grown to hold the whole image.
struct Turn {
  Affine map;
  std::int64_t width, height;
};
Turn turn(double degrees, std::int64_t w, std::int64_t h) {
  const double angle = -degrees * (std::numbers::pi / 180.0), width = static_cast<double>(w), height = static_cast<double>(h);
  const double cosine = round_15(std::cos(angle)), sine = round_15(std::sin(angle));
  Affine m{cosine, sine, 0.0, round_15(-std::sin(angle)), cosine, 0.0};
  const double centre_x = width / 2.0, centre_y = height / 2.0;
  const double x = map_x(m, -centre_x, -centre_y), y = map_y(m, -centre_x, -centre_y);
  m[2] = x + centre_x;
  m[5] = y + centre_y;

  const std::array<std::array<double, 2>, 4> corners{{{0, 0}, {width, 0}, {width, height}, {0, height}}};
  double low_x = map_x(m, 0, 0), high_x = low_x, low_y = map_y(m, 0, 0), high_y = low_y;
  for (const auto& [cx, cy] : corners) {
    low_x = std::min(low_x, map_x(m, cx, cy)), high_x = std::max(high_x, map_x(m, cx, cy));
    low_y = std::min(low_y, map_y(m, cx, cy)), high_y = std::max(high_y, map_y(m, cx, cy));
  }
  const auto new_width = static_cast<std::int64_t>(std::ceil(high_x) - std::floor(low_x));
  const auto new_height = static_cast<std::int64_t>(std::ceil(high_y) - std::floor(low_y));
  const double shift_x = -static_cast<double>(new_width - w) / 2.0, shift_y = -static_cast<double>(new_height - h) / 2.0;
  const double offset_x = map_x(m, shift_x, shift_y), offset_y = map_y(m, shift_x, shift_y);
  m[2] = offset_x;
  m[5] = offset_y;
  return {m, new_width, new_height};
}

// Calls visit(output index, canvas x, canvas y) for the pixels of the crop box that lie on the canvas.
template <class Visit>
void each_cropped(std::int64_t w, std::int64_t h, std::int64_t canvas_w, std::int64_t canvas_h, Visit&& visit) {
  const std::int64_t left = floor_half(canvas_w - w), top = floor_half(canvas_h - h);
  const std::int64_t first = std::max<std::int64_t>(0, -left), last = std::min(w, canvas_w - left);
  for (std::int64_t y = std::max<std::int64_t>(0, -top); y < std::min(h, canvas_h - top); ++y)
    for (std::int64_t x = first; x < last; ++x) visit(y * w + x, x + left, y + top);
}

}  // namespace

template <class T>
void flip_left_right(Raster<T> image) {
  for (std::int64_t y = 0; y < image.height; ++y) std::reverse(image.row(y), image.row(y) + image.width);
}

template <class T>
void flip_up_down(Raster<T> image) {
  for (std::int64_t y = 0; y < image.height / 2; ++y)
    std::swap_ranges(image.row(y), image.row(y) + image.width, image.row(image.height - 1 - y));
}

template <class T>
void rotate(Raster<T> image, double degrees) {
  degrees = std::fmod(degrees, 360.0);
  if (degrees < 0) degrees += 360.0;
  const std::int64_t w = image.width, h = image.height;
  if (degrees == 0 || image.size() == 0) return;
  if (degrees == 180) return std::reverse(image.pixels, image.pixels + image.size());

  const std::vector<T> source(image.pixels, image.pixels + image.size());
  const auto at = [&](std::int64_t x, std::int64_t y) { return source[static_cast<std::size_t>(y * w + x)]; };
  std::fill_n(image.pixels, image.size(), T{0});
  if (degrees == 90) {
    each_cropped(w, h, h, w, [&](std::int64_t to, std::int64_t x, std::int64_t y) { image.pixels[to] = at(w - 1 - y, x); });
    return;
  }
  if (degrees == 270) {
    each_cropped(w, h, h, w, [&](std::int64_t to, std::int64_t x, std::int64_t y) { image.pixels[to] = at(y, h - 1 - x); });
    return;
  }
  const Turn grown = turn(degrees, w, h);
  const Affine& m = grown.map;
  const std::int64_t x0 = fixed_point(m[2] + m[0] * 0.5 + m[1] * 0.5), y0 = fixed_point(m[5] + m[3] * 0.5 + m[4] * 0.5);
  const std::int64_t xx = fixed_point(m[0]), xy = fixed_point(m[1]), yx = fixed_point(m[3]), yy = fixed_point(m[4]);
  each_cropped(w, h, grown.width, grown.height, [&](std::int64_t to, std::int64_t x, std::int64_t y) {
    const std::int64_t from_x = (x0 + xx * x + xy * y) >> 16, from_y = (y0 + yx * x + yy * y) >> 16;
    if (from_x >= 0 && from_x < w && from_y >= 0 && from_y < h) image.pixels[to] = at(from_x, from_y);
  });
}

template void flip_left_right(Raster<std::uint8_t>);
template void flip_left_right(Raster<float>);
template void flip_up_down(Raster<std::uint8_t>);
template void flip_up_down(Raster<float>);
template void rotate(Raster<std::uint8_t>, double);
template void rotate(Raster<float>, double);

}  // namespace plexus::raster
