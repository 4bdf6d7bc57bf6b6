#include <plexus/base/random.hpp>

#include <cmath>
#include <numbers>

namespace plexus {
namespace {

constexpr std::uint64_t golden = 0x9E3779B97F4A7C15u;  // 2^64 / golden ratio: consecutive multiples are far apart

// Finaliser of SplitMix64 (Stafford's variant 13): a bijection in which every input bit flips each output bit half the time.
std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// Finaliser of MurmurHash3: a second bijection, so that key and count go through different ones.
std::uint64_t mix_count(std::uint64_t x) noexcept {
  x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCDu;
  x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53u;
  return x ^ (x >> 33);
}

// FNV-1a over the bytes; the finaliser mends its weak high bits.
std::uint64_t hash(std::string_view name) noexcept {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return mix(h + golden * name.size());
}

// Multiplying between the two makes chains of forks depend on their order.
std::uint64_t combine(std::uint64_t key, std::uint64_t value) noexcept { return mix(mix(key) * 0xD1342543DE82EF95u + value); }

}  // namespace

Rng::Rng(std::uint64_t seed) noexcept : key_(mix(seed + golden)) {}

Rng Rng::fork(std::string_view name) const noexcept {
  Rng forked;
  forked.key_ = combine(key_, hash(name));
  return forked;
}

Rng Rng::fork(std::uint64_t index) const noexcept {
  Rng forked;
  forked.key_ = combine(key_ ^ 0x5851F42D4C957F2Du, mix_count(index + golden));  // apart from the names
  return forked;
}

// Mixing the count before it meets the key keeps the streams of any two keys from being shifted copies of each other.
std::uint64_t Rng::next() noexcept { return mix(key_ ^ mix_count(golden * ++count_)); }

double Rng::uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

double Rng::uniform(double low, double high) noexcept {
  const double value = low + (high - low) * uniform();
  return value < high ? value : std::nextafter(high, low);  // rounding may have reached the open end
}

std::int64_t Rng::integer(std::int64_t low, std::int64_t high) noexcept {
  if (high <= low) return low;
  const std::uint64_t count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t uneven = (0 - count) % count;  // 2^64 mod count: values below would favour some results
  std::uint64_t bits = next();
  while (bits < uneven) bits = next();
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + bits % count);
}

double Rng::normal() noexcept {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 - u is in (0, 1]
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

bool Rng::chance(double probability) noexcept { return uniform() < probability; }

}  // namespace plexus
