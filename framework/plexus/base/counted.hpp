#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace plexus {

// "1 case", "2 cases"; for nouns whose plural ends in -s.
inline std::string counted(std::uint64_t n, std::string_view noun) {
  return std::to_string(n) + ' ' + std::string(noun) + (n == 1 ? "" : "s");
}

}  // namespace plexus
