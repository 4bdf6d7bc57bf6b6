#include <plexus/data/raster/blur.hpp>

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace plexus::raster {
namespace {

// One box pass of width 2q + 1 < 3 pixels: the pixel itself and a part of each neighbour.
struct Fixed {  // in units of 2^-24
  std::uint32_t centre, edge;
  std::uint8_t mix(std::uint8_t before, std::uint8_t value, std::uint8_t after) const {
    const std::uint32_t neighbours = std::uint32_t{before} + std::uint32_t{after};
    return static_cast<std::uint8_t>((centre * std::uint32_t{value} + edge * neighbours + (1U << 23)) >> 24);
  }
};
struct Real {
  float centre, edge;
  float mix(float before, float value, float after) const { return centre * value + edge * (before + after); }
};

template <class T>
auto weights(float q) {
  if constexpr (std::is_same_v<T, float>) {
    const float centre = 1.0F / (2.0F * q + 1.0F);
    return Real{centre, (1.0F - centre) / 2.0F};
  } else {
    const auto centre = static_cast<std::uint32_t>(16777216.0F / (q * 2.0F + 1.0F));
    return Fixed{centre, (16777216U - centre) / 2U};
  }
}

template <class T, class Weights>
void along_x(T* row, std::int64_t width, const Weights& weights, std::vector<T>& padded) {
  std::copy_n(row, width, padded.data() + 1);
  padded[0] = row[0];
  padded[static_cast<std::size_t>(width) + 1] = row[width - 1];
  const T* from = padded.data();
  for (std::int64_t x = 0; x < width; ++x) row[x] = weights.mix(from[x], from[x + 1], from[x + 2]);
}

template <class T, class Weights>
void along_y(Raster<T> from, Raster<T> to, const Weights& weights) {
  for (std::int64_t y = 0; y < from.height; ++y) {
    const T* above = from.row(std::max<std::int64_t>(y - 1, 0));
    const T* row = from.row(y);
    const T* below = from.row(std::min(y + 1, from.height - 1));
    T* out = to.row(y);
    for (std::int64_t x = 0; x < from.width; ++x) out[x] = weights.mix(above[x], row[x], below[x]);
  }
}

}  // namespace

template <class T>
void blur(Raster<T> image, double radius) {
  if (!(radius >= 0 && radius < 1)) throw std::invalid_argument("blur: the radius must be in [0, 1)");
  const float r = static_cast<float>(radius), s = r * r / 3.0F, q = s / (2.0F * (1.0F - s));
  if (q == 0 || image.size() == 0) return;
  const auto box = weights<T>(q);
  std::vector<T> padded(static_cast<std::size_t>(image.width) + 2);
  for (std::int64_t y = 0; y < image.height; ++y)
    for (int pass = 0; pass < 3; ++pass) along_x(image.row(y), image.width, box, padded);
  std::vector<T> second(image.pixels, image.pixels + image.size());
  const Raster<T> other{second.data(), image.height, image.width};
  along_y(image, other, box);
  along_y(other, image, box);
  along_y(image, other, box);
  std::copy(second.begin(), second.end(), image.pixels);
}

template void blur(Raster<std::uint8_t>, double);
template void blur(Raster<float>, double);

}  // namespace plexus::raster
