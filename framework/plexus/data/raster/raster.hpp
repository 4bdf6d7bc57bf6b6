#pragma once
#include <cstddef>
#include <cstdint>

namespace plexus::raster {

// A contiguous grey image [height, width] that belongs to someone else. Values are 0 ... 255 for std::uint8_t and [0, 1]
// for float. Operations on std::uint8_t equal Pillow's bit for bit; those on float are the same formulas without rounding.
template <class T>
struct Raster {
  T* pixels = nullptr;
  std::int64_t height = 0, width = 0;
  T* row(std::int64_t y) const { return pixels + y * width; }
  std::size_t size() const { return static_cast<std::size_t>(height * width); }
};

}  // namespace plexus::raster
