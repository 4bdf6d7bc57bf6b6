#pragma once
#include <cstdlib>
#include <filesystem>

namespace plexus::test {

// The folder of real data and reference figures, which is no part of the product; it need not exist.
inline std::filesystem::path shared_folder() {
  if (const char* given = std::getenv("PLEXUS_SHARED")) return given;
  return std::filesystem::path(PLEXUS_SOURCE_DIR) / ".." / "shared";
}

}  // namespace plexus::test

// Skips the test, saying what is missing.
#define PLEXUS_NEEDS_SHARED(name)                                    \
  const auto shared_path = ::plexus::test::shared_folder() / (name); \
  if (!std::filesystem::exists(shared_path)) GTEST_SKIP() << shared_path << " is not there (set PLEXUS_SHARED)"
