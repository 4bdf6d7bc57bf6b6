// How much sooner the LA volumes are read by raw chunks than through H5Dread, on 1 and 2 threads, in one run.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/data/h5.hpp>

#include "../support/shared_data.hpp"

namespace {

double seconds(const std::vector<std::filesystem::path>& files, int threads,
               const std::function<at::Tensor(const std::filesystem::path&, const std::string&)>& read) {
  std::atomic<std::size_t> next{0};
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      for (std::size_t i = next++; i < files.size(); i = next++) {
        read(files[i], "image");
        read(files[i], "label");
      }
    });
  }
  for (auto& worker : workers) worker.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  const auto root = plexus::test::shared_folder() / "data" / "la";
  std::vector<std::filesystem::path> files;
  if (std::filesystem::exists(root)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
      if (entry.path().extension() == ".h5") files.push_back(entry.path());
  }
  if (files.empty()) {
    std::fprintf(stderr, "no volumes below %s (set PLEXUS_SHARED)\n", root.c_str());
    return 5;
  }
  seconds(files, 1, plexus::read_h5_plain);  // the files are in memory from here on
  std::printf("%zu volumes\nthreads  H5Dread s  chunks s  ratio\n", files.size());
  for (const int threads : {1, 2}) {
    const double plain = seconds(files, threads, plexus::read_h5_plain), chunks = seconds(files, threads, plexus::read_h5);
    std::printf("%7d  %9.3f  %8.3f  %5.2f\n", threads, plain, chunks, plain / chunks);
  }
  return 0;
}
