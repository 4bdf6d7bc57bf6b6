#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <plexus/base/error.hpp>
#include <plexus/base/random.hpp>

namespace plexus::test {

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void put_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A few random wounds: bits flipped, bytes replaced by extremes, stretches cut out, doubled or moved, the end cut off.
// What is small at the front (headers, opcodes) is hit more often.
inline std::string mutated(std::string bytes, Rng rng) {
  const auto place = [&] {
    const double u = rng.uniform();
    return static_cast<std::size_t>(static_cast<double>(bytes.size()) * (rng.chance(0.5) ? u * u * u : u));
  };
  for (std::int64_t wound = rng.integer(1, 6); wound > 0 && !bytes.empty(); --wound) {
    const auto at = place();
    const auto length = std::min<std::size_t>(static_cast<std::size_t>(rng.integer(1, 40)), bytes.size() - at);
    switch (rng.integer(0, 6)) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.integer(0, 8))); break;
      case 1: bytes[at] = "\x00\xff\x7f\x80\x01"[rng.integer(0, 5)]; break;
      case 2: bytes.erase(at, length); break;
      case 3: bytes.insert(at, bytes.substr(place(), length)); break;
      case 4: std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, '\xff'); break;
      default:
        if (rng.chance(0.3)) bytes.resize(at);
    }
  }
  return bytes;
}

// Reads `count` mutants of a seed: each is taken or refused with a plexus::Error that has a message. Anything else that is
// thrown fails the test; crashes are for the sanitizers to explain.
template <class Read>
int refused_mutants(const std::string& seed, const std::string& purpose, int count, const Read& read) {
  int refused = 0;
  for (int k = 0; k < count; ++k) {
    try {
      read(mutated(seed, Rng(7).fork(purpose).fork(static_cast<std::uint64_t>(k))));
    } catch (const Error& error) {
      refused += std::string(error.what()).empty() ? 0 : 1;
    }
  }
  return refused;
}

}  // namespace plexus::test
