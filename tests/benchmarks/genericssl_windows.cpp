// Sliding-window prediction of one volume of the left atrium's size at the published patch and strides: time for a batch of
// windows, peak memory, and whether the labels differ between batch sizes (they may where two classes tie).
//   OMP_NUM_THREADS=1 plexus-bench-genericssl_windows [FILTERS WINDOWS BATCH…]
// WINDOWS bounds how many windows are timed (0: all 114); the rest is reported in proportion. Default: 32 6 1 2 4.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/torch.h>
#include <plexus/train/amp.hpp>

#include "model.hpp"

namespace {

using namespace plexus;

double now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double peak_gib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib / (1 << 20);
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  at::set_num_threads(1);
  std::vector<std::int64_t> given;
  for (int i = 1; i < count; ++i) given.push_back(std::atoll(words[i]));
  const auto filters = given.empty() ? 32 : given[0];
  const auto most = given.size() > 1 ? given[1] : 6;
  std::vector<std::int64_t> batches(given.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(given.size(), 2)),
                                    given.end());
  if (batches.empty()) batches = {1, 2, 4};

  torch::manual_seed(1);
  DataInfo info;
  info.labels.resize(2);
  genericssl::ModelSettings settings;
  settings.n_filters = filters;
  genericssl::Model model(settings, info);
  auto& network = model.network();
  network.eval();
  auto windows = settings.windows();
  // As many of the first windows along x as hold `most`, of three starts along y and two along z each.
  const std::int64_t x = most == 0 ? 183 : std::min<std::int64_t>(183, 112 + 4 * ((most + 5) / 6 - 1));
  const auto image = torch::rand({1, x, 140, 88});
  at::Tensor first;
  for (const bool lower : {false, true}) {
    const Autocast autocast(lower ? Precision::bf16 : Precision::fp32, at::kCPU);
    for (const auto batch : batches) {
      windows.batch = batch;
      std::int64_t passed = 0;
      std::ofstream("/proc/self/clear_refs") << "5";
      const auto begin = now();
      const auto labels = window_labels(image, windows, [&](const at::Tensor& patches) {
        passed += patches.size(0);
        return network.theta(patches);
      });
      const double each = (now() - begin) / static_cast<double>(passed);
      if (!first.defined()) first = labels;
      std::printf(
          "%s, %ld windows at a time: %.2f s a window, %.0f s for 114; peak %.2f GiB; %ld of %ld labels differ from the "
          "first\n",
          lower ? "bf16" : "fp32", batch, each, 114 * each, peak_gib(), labels.ne(first).sum().item<std::int64_t>(),
          labels.numel());
      std::fflush(stdout);
    }
  }
  return 0;
}
