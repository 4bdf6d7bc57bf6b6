#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace plexus {

// Counter-based random numbers: a key made by hashing names and numbers, and a count of draws. Two streams of equal key
// give equal values whatever thread, order or batch they are used in. Cheap to copy and to derive.
class Rng {
 public:
  explicit Rng(std::uint64_t seed = 0) noexcept;
  // A stream of its own for a purpose, an index, a sample id, …; does not disturb this one.
  Rng fork(std::string_view name) const noexcept;
  Rng fork(std::uint64_t index) const noexcept;

  std::uint64_t next() noexcept;                                     // 64 random bits
  double uniform() noexcept;                                         // [0, 1), 53 bits
  double uniform(double low, double high) noexcept;                  // [low, high)
  std::int64_t integer(std::int64_t low, std::int64_t high) noexcept;  // [low, high), unbiased
  double normal() noexcept;                                          // N(0, 1), Box-Muller
  bool chance(double probability) noexcept;
  // Fisher-Yates.
  template <class T> void shuffle(std::span<T> values) noexcept {
    for (std::size_t i = values.size(); i > 1; --i) {
      const auto j = static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(i)));
      T held = values[i - 1]; values[i - 1] = values[j]; values[j] = held;
    }
  }
  std::uint64_t key() const noexcept { return key_; }

 private:
  std::uint64_t key_, count_ = 0;
};

}  // namespace plexus
