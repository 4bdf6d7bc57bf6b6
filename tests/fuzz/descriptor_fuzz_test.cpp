#include <gtest/gtest.h>

#include <plexus/base/descriptor.hpp>

#include "fuzz/mutate.hpp"
#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

TEST(DescriptorFuzz, MutantsOfAPlugin) {
  const auto plugin = std::filesystem::path(PLEXUS_BUILD_DIR) / "tests/plugins/good.so";
  if (!std::filesystem::exists(plugin)) GTEST_SKIP() << plugin << " is not built";
  const auto whole = test::bytes_of(plugin);
  const test::TemporaryFolder folder;
  const auto file = folder / "mutant.so";
  // The front holds the ELF header, the back the section table: wound each by itself, the rest kept.
  const std::size_t front = 4096;
  for (const bool back : {false, true}) {
    const auto part = back ? whole.substr(whole.size() - front) : whole.substr(0, front);
    const auto refused = test::refused_mutants(part, back ? "back" : "front", 300, [&](const std::string& bytes) {
      test::put_bytes(file, back ? whole.substr(0, whole.size() - front) + bytes : bytes + whole.substr(front));
      read_descriptor(file);
    });
    EXPECT_GT(refused, 30);
  }
}

}  // namespace
}  // namespace plexus
