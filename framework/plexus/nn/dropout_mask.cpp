// Without LibTorch's headers, and compiled for vectorisation (framework/CMakeLists.txt).
#include <cstdint>

namespace plexus {

void fill_dropout_mask(float* mask, std::int64_t count, double rate, std::uint64_t seed);

void fill_dropout_mask(float* mask, std::int64_t count, double rate, std::uint64_t seed) {
  const auto threshold = static_cast<std::uint32_t>(rate * 4294967296.0);
  const auto kept = static_cast<float>(1 / (1 - rate));
  for (std::int64_t begin = 0; begin < count; begin += std::int64_t{1} << 30) {
    // Beyond 2^30 elements the index leaves 32 bits: each stretch has a seed of its own.
    const std::uint64_t own = (seed + static_cast<std::uint64_t>(begin)) * 0x9E3779B97F4A7C15u;
    const auto low = static_cast<std::uint32_t>(own), high = static_cast<std::uint32_t>(own >> 32);
    const auto stretch = static_cast<std::uint32_t>(count - begin < (std::int64_t{1} << 30) ? count - begin : std::int64_t{1} << 30);
    float* const out = mask + begin;
    for (std::uint32_t i = 0; i < stretch; ++i) {
      std::uint32_t x = i * 0x9E3779B1u + low;
      x ^= x >> 16;
      x *= 0x85EBCA6Bu;
      x ^= (x >> 13) ^ high;
      x *= 0xC2B2AE35u;
      x ^= x >> 16;
      out[i] = x < threshold ? 0.0f : kept;
    }
  }
}

}  // namespace plexus
