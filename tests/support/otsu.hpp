#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace plexus::test {

// Otsu's threshold over 256 equal bins between the least and the largest value: the bin edge that parts them with the
// largest variance between the two sides. Values not below it are the bright side.
inline double otsu_threshold(const std::vector<std::int16_t>& values) {
  const auto [least, largest] = std::minmax_element(values.begin(), values.end());
  const double low = *least, width = (static_cast<double>(*largest) - low + 1) / 256;
  std::array<double, 256> bins{};
  for (const std::int16_t value : values) ++bins[static_cast<std::size_t>((value - low) / width)];
  double moment = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) moment += static_cast<double>(i) * bins[i];
  const double count = static_cast<double>(values.size());
  double below = 0, moment_below = 0, best = -1;
  std::size_t at = 0;
  for (std::size_t i = 0; i + 1 < bins.size(); ++i) {
    below += bins[i];
    moment_below += static_cast<double>(i) * bins[i];
    if (below == 0 || below == count) continue;
    const double difference = moment * below / count - moment_below;
    const double between = difference * difference / (below * (count - below));
    if (between > best) {
      best = between;
      at = i;
    }
  }
  return low + static_cast<double>(at + 1) * width;
}

// The largest set of voxels of the mask joined by faces. Size is x, y, z with x fastest.
inline std::vector<bool> largest_component(const std::vector<bool>& mask, const std::array<std::int64_t, 3>& size) {
  std::vector<bool> seen(mask.size(), false), best(mask.size(), false);
  std::vector<std::size_t> largest;
  const std::array<std::int64_t, 3> stride{1, size[0], size[0] * size[1]};
  for (std::size_t start = 0; start < mask.size(); ++start) {
    if (!mask[start] || seen[start]) continue;
    std::vector<std::size_t> members{start};
    seen[start] = true;
    for (std::size_t next = 0; next < members.size(); ++next) {
      const auto at = static_cast<std::int64_t>(members[next]);
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::int64_t index = at / stride[axis] % size[axis];
        for (const std::int64_t step : {-1, 1}) {
          if (index + step < 0 || index + step >= size[axis]) continue;
          const auto neighbour = static_cast<std::size_t>(at + step * stride[axis]);
          if (!mask[neighbour] || seen[neighbour]) continue;
          seen[neighbour] = true;
          members.push_back(neighbour);
        }
      }
    }
    if (members.size() > largest.size()) largest = std::move(members);
  }
  for (const std::size_t at : largest) best[at] = true;
  return best;
}

// Dice of the better of the two sides of Otsu's threshold, its largest component alone, with all labels above 0.
inline double otsu_dice(const std::vector<std::int16_t>& image, const std::vector<std::uint8_t>& label,
                        const std::array<std::int64_t, 3>& size) {
  const double threshold = otsu_threshold(image);
  double best = 0;
  for (const bool bright : {false, true}) {
    std::vector<bool> side(image.size());
    for (std::size_t i = 0; i < image.size(); ++i) side[i] = (image[i] >= threshold) == bright;
    const std::vector<bool> kept = largest_component(side, size);
    double both = 0, sum = 0;
    for (std::size_t i = 0; i < image.size(); ++i) {
      both += kept[i] && label[i] > 0;
      sum += kept[i] + (label[i] > 0);
    }
    best = std::max(best, sum > 0 ? 2 * both / sum : 0);
  }
  return best;
}

}  // namespace plexus::test
