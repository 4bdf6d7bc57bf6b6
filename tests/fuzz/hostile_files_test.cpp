#include "fuzz/hostile_files.hpp"

#include <torch/torch.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include <plexus/base/error.hpp>
#include <plexus/base/sanitizer.hpp>
#include <plexus/data/volume.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

// A figure of this process in kB: VmPeak (address space), VmHWM (memory).
std::int64_t process_figure(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stoll(line.substr(name.size() + 1));
  return 0;
}

bool sound(const Volume& volume) {
  bool good = volume.data.defined() && volume.data.dim() == 4 && volume.data.numel() > 0 && !volume.stored.format.empty();
  for (std::size_t axis = 0; axis < 3; ++axis)
    good = good && std::isfinite(volume.geometry.origin[axis]) && volume.geometry.spacing[axis] > 0;
  return good;
}

// How many seeds to go through: more than one to look for trouble at length.
int seeds() {
  const char* asked = std::getenv("PLEXUS_HOSTILE_SEEDS");
  return asked ? std::atoi(asked) : 1;
}

TEST(HostileFiles, EachIsRefusedWithAReasonOrReadSoundly) {
  for (int seed = 20; seed < 20 + seeds(); ++seed) {
    test::TemporaryFolder folder;
    const auto files = test::write_hostile_files(folder.path(), static_cast<std::uint64_t>(seed));
    EXPECT_GE(files.size(), 250u);
    const auto address_before = process_figure("VmPeak"), memory_before = process_figure("VmHWM");
    std::map<ErrorKind, int> refused;
    int read = 0;
    for (const auto& file : files) {
      SCOPED_TRACE(fmt::format("seed {}, {}: {}", seed, file.path.filename().string(), file.what));
      const auto begin = std::chrono::steady_clock::now();
      try {
        EXPECT_TRUE(sound(read_volume(file.path)));
        ++read;
        if (seeds() > 1) std::fputs(fmt::format("read {}: {}\n", file.path.filename().string(), file.what).c_str(), stderr);
      } catch (const Error& error) {
        ++refused[error.kind()];
        EXPECT_FALSE(error.message().empty());
        EXPECT_FALSE(error.where().empty());
      }
      EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    }
    EXPECT_GT(refused[ErrorKind::data], 200);
    EXPECT_EQ(refused.size(), 1u) << "each is the data's fault";
    EXPECT_LT(read, 100);
    // Most is asked for by a header of 1.6 GB, of which 64 MB are there.
    if (!kAddressSanitizer) {
      EXPECT_LT(process_figure("VmPeak") - address_before, 600 << 10);
      EXPECT_LT(process_figure("VmHWM") - memory_before, 400 << 10);
    }
  }
}

}  // namespace
}  // namespace plexus
