#include <plexus/data/resample_bspline.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace plexus {
namespace {

const double pole = std::sqrt(3.0) - 2;
constexpr std::int64_t horizon = 28;  // pole^28 is below the last bit of a double
constexpr std::int64_t lanes = 16;

// Filters `width` neighbouring lines of `n` values, which follow each other `stride` apart, side by side.
void filter(float* values, std::int64_t n, std::int64_t stride, std::int64_t width, std::vector<float>& start) {
  const auto a = static_cast<float>(pole), gain = static_cast<float>((1 - pole) * (1 - 1 / pole));
  const auto at = [&](std::int64_t k) { return values + k * stride; };

  // The causal filter begins with the sum over the mirrored line, which is periodic with 2 n - 2.
  const std::int64_t period = 2 * n - 2;
  start.assign(static_cast<std::size_t>(width), 0.0F);
  double power = 1;
  for (std::int64_t k = 0; k < std::min(period, horizon); ++k, power *= pole) {
    const float* line = at(k < n ? k : period - k);
    const auto factor = static_cast<float>(power);
    for (std::int64_t x = 0; x < width; ++x) start[static_cast<std::size_t>(x)] += factor * line[x];
  }
  const auto whole = static_cast<float>(period > horizon ? 1.0 : 1 / (1 - std::pow(pole, static_cast<double>(period))));
  float* first = at(0);
  for (std::int64_t x = 0; x < width; ++x) first[x] = gain * whole * start[static_cast<std::size_t>(x)];
  for (std::int64_t k = 1; k < n; ++k) {
    float* line = at(k);
    const float* before = at(k - 1);
    for (std::int64_t x = 0; x < width; ++x) line[x] = gain * line[x] + a * before[x];
  }

  const auto end = static_cast<float>(pole / (pole * pole - 1));
  float* last = at(n - 1);
  const float* before_last = at(n - 2);
  for (std::int64_t x = 0; x < width; ++x) last[x] = end * (last[x] + a * before_last[x]);
  for (std::int64_t k = n - 2; k >= 0; --k) {
    float* line = at(k);
    const float* behind = at(k + 1);
    for (std::int64_t x = 0; x < width; ++x) line[x] = a * (behind[x] - line[x]);
  }
}

}  // namespace

void bspline_coefficients(float* values, std::int64_t depth, std::int64_t height, std::int64_t width) {
  std::vector<float> start;
  const std::int64_t plane = height * width, rows = depth * height;
  if (width > 1) {
    // Rows are turned into columns, so that the recursion runs on several at once.
    std::vector<float> turned(static_cast<std::size_t>(width * lanes));
    for (std::int64_t row = 0; row < rows; row += lanes) {
      const std::int64_t count = std::min(lanes, rows - row);
      float* block = values + row * width;
      for (std::int64_t r = 0; r < count; ++r)
        for (std::int64_t x = 0; x < width; ++x) turned[static_cast<std::size_t>(x * count + r)] = block[r * width + x];
      filter(turned.data(), width, count, count, start);
      for (std::int64_t r = 0; r < count; ++r)
        for (std::int64_t x = 0; x < width; ++x) block[r * width + x] = turned[static_cast<std::size_t>(x * count + r)];
    }
  }
  if (height > 1)
    for (std::int64_t z = 0; z < depth; ++z) filter(values + z * plane, height, width, width, start);
  // Along depth a line's values lie a plane apart: rows of one plane at a time stay in the cache.
  if (depth > 1)
    for (std::int64_t y = 0; y < height; ++y) filter(values + y * width, depth, plane, width, start);
}

}  // namespace plexus
