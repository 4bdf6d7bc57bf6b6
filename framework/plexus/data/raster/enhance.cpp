#include <plexus/data/raster/enhance.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <type_traits>
#include <vector>

namespace plexus::raster {
namespace {

std::uint8_t blend(std::uint8_t base, std::uint8_t value, float factor) {
  const auto from = static_cast<float>(base);
  const float mixed = from + factor * (static_cast<float>(value) - from);
  return static_cast<std::uint8_t>(std::min(std::max(mixed, 0.0F), 255.0F));
}
float blend(float base, float value, float factor) { return std::min(std::max(base + factor * (value - base), 0.0F), 1.0F); }

void blend_all(Raster<std::uint8_t> image, std::uint8_t base, float factor) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t v = 0; v < table.size(); ++v) table[v] = blend(base, static_cast<std::uint8_t>(v), factor);
  for (std::size_t i = 0; i < image.size(); ++i) image.pixels[i] = table[image.pixels[i]];
}
void blend_all(Raster<float> image, float base, float factor) {
  for (std::size_t i = 0; i < image.size(); ++i) image.pixels[i] = blend(base, image.pixels[i], factor);
}

std::uint8_t mean(Raster<std::uint8_t> image) {
  const auto sum = std::accumulate(image.pixels, image.pixels + image.size(), std::uint64_t{0});
  return static_cast<std::uint8_t>(std::floor(static_cast<double>(sum) / static_cast<double>(image.size()) + 0.5));
}
float mean(Raster<float> image) {
  return static_cast<float>(std::accumulate(image.pixels, image.pixels + image.size(), 0.0) /
                            static_cast<double>(image.size()));
}

// A thirteenth of a sum of at most 13 * 255, rounded. No sum lies half-way, so this equals the rounded float quotient.
std::uint8_t thirteenth(std::uint16_t sum) {
  return static_cast<std::uint8_t>(static_cast<std::uint16_t>(2 * sum + 13) / std::uint16_t{26});
}
float thirteenth(float sum) { return sum / 13.0F; }

template <class T, class Sum>
void sharpen_row(T* out, const T* above, const T* row, const T* below, std::int64_t width, float factor) {
  for (std::int64_t x = 1; x + 1 < width; ++x) {
    const Sum ring = static_cast<Sum>(above[x - 1] + above[x] + above[x + 1] + row[x - 1] + row[x + 1] + below[x - 1] +
                                      below[x] + below[x + 1]);
    out[x] = blend(thirteenth(static_cast<Sum>(ring + 5 * row[x])), row[x], factor);
  }
}

}  // namespace

template <class T>
void brightness(Raster<T> image, double factor) {
  blend_all(image, T{0}, static_cast<float>(factor));
}

template <class T>
void contrast(Raster<T> image, double factor) {
  if (image.size() != 0) blend_all(image, mean(image), static_cast<float>(factor));
}

template <class T>
void sharpness(Raster<T> image, double factor) {
  using Sum = std::conditional_t<std::is_same_v<T, float>, float, std::uint16_t>;
  const std::vector<T> source(image.pixels, image.pixels + image.size());
  for (std::int64_t y = 1; y + 1 < image.height; ++y) {
    const T* row = source.data() + y * image.width;
    sharpen_row<T, Sum>(image.row(y), row - image.width, row, row + image.width, image.width, static_cast<float>(factor));
  }
}

template void brightness(Raster<std::uint8_t>, double);
template void brightness(Raster<float>, double);
template void contrast(Raster<std::uint8_t>, double);
template void contrast(Raster<float>, double);
template void sharpness(Raster<std::uint8_t>, double);
template void sharpness(Raster<float>, double);

}  // namespace plexus::raster
