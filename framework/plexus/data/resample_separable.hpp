#pragma once
#include <cstdint>
#include <optional>

#include <plexus/data/resample_taps.hpp>

namespace plexus {

// A contiguous volume in memory.
template <class T>
struct Block {
  T* values;
  std::int64_t depth, height, width;
};

// Weighted sums along x, then y, then z; each input row and plane is worked on once, and only where an output needs it.
// `outside` fills what lies outside; nullopt: the border's values. T: uint8_t, int16_t, int32_t, float.
template <class T>
void resample_weighted(const Block<const T>& input, const Block<float>& output, const Taps& x, const Taps& y, const Taps& z,
                       std::optional<double> outside);
// One voxel for each output. T: integers of 1, 2, 4 and 8 bytes, which stand for any type of that size; `outside` likewise.
template <class T>
void resample_picked(const Block<const T>& input, const Block<T>& output, const Taps& x, const Taps& y, const Taps& z,
                     std::optional<T> outside);

}  // namespace plexus
