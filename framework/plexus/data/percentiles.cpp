#include <plexus/data/percentiles.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>

#include <ATen/ATen.h>

namespace plexus {
namespace {

constexpr std::size_t halves = 1U << 16;
using Counts = std::vector<std::uint32_t>;

// Unsigned numbers in the order of the floats: the sign bit set for positive ones, all bits turned for negative ones.
std::uint32_t key_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return bits ^ (static_cast<std::uint32_t>(-static_cast<std::int32_t>(bits >> 31)) | 0x80000000U);
}
float value_of(std::uint32_t key) { return std::bit_cast<float>(key ^ ((key >> 31) != 0 ? 0x80000000U : 0xFFFFFFFFU)); }

template <class Visit>
void each(const at::Tensor& values, const at::Tensor& counted, Visit&& visit) {
  const float* value = values.const_data_ptr<float>();
  const bool* counts = counted.defined() ? counted.const_data_ptr<bool>() : nullptr;
  const std::int64_t n = values.numel();
  if (counts == nullptr) {
    for (std::int64_t i = 0; i < n; ++i)
      if (value[i] == value[i]) visit(i, key_of(value[i]));
  } else {
    for (std::int64_t i = 0; i < n; ++i)
      if (value[i] == value[i] && counts[i]) visit(i, key_of(value[i]));
  }
}

// The bin that holds the value of a rank, which becomes the rank within it.
std::size_t bin_of(const Counts& counts, std::uint64_t& rank) {
  std::size_t bin = 0;
  while (rank >= counts[bin]) rank -= counts[bin++];
  return bin;
}

}  // namespace

std::vector<float> percentiles(const at::Tensor& values, const std::vector<double>& percents, const at::Tensor& counted) {
  // Two tables in turn: equal values side by side, as in a background, would wait for each other's count.
  std::array<Counts, 2> turns{Counts(halves), Counts(halves)};
  each(values, counted, [&](std::int64_t i, std::uint32_t key) { ++turns[static_cast<std::size_t>(i & 1)][key >> 16]; });
  Counts& upper = turns[0];
  std::uint64_t total = 0;
  for (std::size_t bin = 0; bin < halves; ++bin) total += upper[bin] += turns[1][bin];
  if (total == 0) return {};

  // Each percentile lies between two ranks; of each, the bin of its upper half and what remains of its rank there.
  struct Wanted {
    std::size_t bin;
    std::uint64_t rank;
  };
  std::vector<Wanted> wanted;
  std::map<std::size_t, Counts> lower;  // of the lower halves, for the bins that are looked into
  for (const double percent : percents) {
    const double place = percent / 100 * static_cast<double>(total - 1);
    for (const double rank : {std::floor(place), std::ceil(place)}) {
      Wanted one{0, static_cast<std::uint64_t>(rank)};
      one.bin = bin_of(upper, one.rank);
      lower.emplace(one.bin, Counts(halves));
      wanted.push_back(one);
    }
  }
  std::vector<std::uint32_t*> looked_into(halves, nullptr);
  for (auto& [bin, counts] : lower) looked_into[bin] = counts.data();
  each(values, counted, [&](std::int64_t, std::uint32_t key) {
    if (std::uint32_t* bin = looked_into[key >> 16]) ++bin[key & 0xFFFFU];
  });

  std::vector<float> result;
  for (std::size_t k = 0; k < percents.size(); ++k) {
    std::array<double, 2> ends{};
    for (std::size_t end = 0; end < 2; ++end) {
      auto [bin, rank] = wanted[2 * k + end];
      const std::size_t low = bin_of(lower.at(bin), rank);
      ends[end] = value_of(static_cast<std::uint32_t>(bin << 16 | low));
    }
    const double place = percents[k] / 100 * static_cast<double>(total - 1), part = place - std::floor(place);
    // Equal ends may be infinite.
    result.push_back(static_cast<float>(ends[0] == ends[1] ? ends[0] : ends[0] + part * (ends[1] - ends[0])));
  }
  return result;
}

}  // namespace plexus
