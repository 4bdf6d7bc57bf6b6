#include <plexus/data/clahe.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <ATen/ATen.h>

namespace plexus {
namespace {

constexpr std::size_t kLevels = 256;
using LevelTable = std::array<std::uint8_t, kLevels>;

LevelTable equalising_table(std::array<std::int64_t, kLevels> counts, std::int64_t pixels, double clip_limit) {
  const std::int64_t limit =
      std::max<std::int64_t>(static_cast<std::int64_t>(clip_limit * static_cast<double>(pixels) / kLevels), 1);
  std::int64_t excess = 0;
  for (auto& count : counts) {
    excess += std::max<std::int64_t>(count - limit, 0);
    count = std::min(count, limit);
  }
  const std::int64_t share = excess / static_cast<std::int64_t>(kLevels);
  std::int64_t rest = excess % static_cast<std::int64_t>(kLevels);
  for (auto& count : counts) count += share;
  if (rest > 0) {
    const auto step = static_cast<std::size_t>(std::max<std::int64_t>(static_cast<std::int64_t>(kLevels) / rest, 1));
    for (std::size_t level = 0; level < kLevels && rest > 0; level += step, --rest) ++counts[level];
  }
  LevelTable table{};
  const float scale = 255.0F / static_cast<float>(pixels);
  std::int64_t sum = 0;
  for (std::size_t level = 0; level < kLevels; ++level) {
    sum += counts[level];
    table[level] = static_cast<std::uint8_t>(std::clamp(std::lrint(static_cast<float>(sum) * scale), 0L, 255L));
  }
  return table;
}

// The two tiles that a pixel lies between, and how much of the second.
struct Between {
  std::int64_t first, second;
  float part;
};
Between between(std::int64_t at, std::int64_t length, std::int64_t tiles) {
  const float place = static_cast<float>(at) * (1.0F / static_cast<float>(length)) - 0.5F;
  const auto below = static_cast<std::int64_t>(std::floor(place));
  return {std::max<std::int64_t>(below, 0), std::min(below + 1, tiles - 1), place - static_cast<float>(below)};
}

}  // namespace

at::Tensor clahe(const at::Tensor& image, double clip_limit, std::int64_t tiles_down, std::int64_t tiles_across) {
  if (image.dim() != 2 || image.scalar_type() != at::kByte || tiles_down < 1 || tiles_across < 1)
    throw std::invalid_argument("clahe takes an uint8 plane and at least one tile each way");
  const at::Tensor from = image.contiguous(), to = at::empty_like(from);
  const std::int64_t height = from.size(0), width = from.size(1);
  if (from.numel() == 0) return to;
  // As OpenCV has it: where one side does not divide, both grow, the other one by a whole multiple.
  const bool grow = height % tiles_down != 0 || width % tiles_across != 0;
  const std::int64_t tile_height = (height + (grow ? tiles_down - height % tiles_down : 0)) / tiles_down;
  const std::int64_t tile_width = (width + (grow ? tiles_across - width % tiles_across : 0)) / tiles_across;
  const auto* pixels = from.const_data_ptr<std::uint8_t>();
  const auto mirrored_at = [](std::int64_t at, std::int64_t size) {
    if (size == 1) return std::int64_t{0};
    const std::int64_t period = 2 * size - 2, within = at % period;
    return within < size ? within : period - within;
  };

  std::vector<LevelTable> tables;
  for (std::int64_t ty = 0; ty < tiles_down; ++ty)
    for (std::int64_t tx = 0; tx < tiles_across; ++tx) {
      std::array<std::int64_t, kLevels> counts{};
      for (std::int64_t y = ty * tile_height; y < (ty + 1) * tile_height; ++y)
        for (std::int64_t x = tx * tile_width; x < (tx + 1) * tile_width; ++x)
          ++counts[pixels[mirrored_at(y, height) * width + mirrored_at(x, width)]];
      tables.push_back(equalising_table(counts, tile_height * tile_width, clip_limit));
    }

  auto* target = to.mutable_data_ptr<std::uint8_t>();
  const auto level = [&](std::int64_t ty, std::int64_t tx, std::uint8_t value) {
    return static_cast<float>(tables[static_cast<std::size_t>(ty * tiles_across + tx)][value]);
  };
  for (std::int64_t y = 0; y < height; ++y) {
    const Between down = between(y, tile_height, tiles_down);
    for (std::int64_t x = 0; x < width; ++x) {
      const Between across = between(x, tile_width, tiles_across);
      const auto value = pixels[y * width + x];
      const float upper =
          level(down.first, across.first, value) * (1 - across.part) + level(down.first, across.second, value) * across.part;
      const float lower =
          level(down.second, across.first, value) * (1 - across.part) + level(down.second, across.second, value) * across.part;
      target[y * width + x] =
          static_cast<std::uint8_t>(std::clamp(std::lrint(upper * (1 - down.part) + lower * down.part), 0L, 255L));
    }
  }
  return to;
}

}  // namespace plexus
