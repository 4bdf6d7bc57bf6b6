// One evaluation of MedSegDiff V2's network at the README's configuration (256 x 256, 128 channels), fp32 and bf16, with the
// condition cached and not. Driven by medsegdiff_network.py, which evaluates the same weights in Python and prints ratios:
//   plexus-bench-medsegdiff_network WEIGHTS.pth SIZE BATCH RUNS
// prints "name seconds" lines (the fastest run) and "output mean deviation".
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <torch/torch.h>
#include <plexus/nn/original.hpp>
#include <plexus/nn/state_dict.hpp>

#include "model.hpp"

namespace {

using namespace plexus;

template <class Work>
double fastest(int runs, Work&& work) {
  double best = 1e30;
  for (int i = 0; i <= runs; ++i) {  // one more to warm up
    const auto begin = std::chrono::steady_clock::now();
    work();
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (i > 0) best = std::min(best, seconds);
  }
  return best;
}

medsegdiff::Model model(const std::string& precision, bool cached) {
  medsegdiff::ModelSettings settings;
  settings.precision = precision;
  settings.cache_condition = cached;
  DataInfo info;
  info.channels = 3;
  info.labels = {{0, "background"}, {1, "lesion"}};
  return {settings, info};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s WEIGHTS.pth SIZE BATCH RUNS (see medsegdiff_network.py)\n", argv[0]);
    return 2;
  }
  const std::int64_t size = std::atoll(argv[2]), batch = std::atoll(argv[3]);
  const int runs = std::atoi(argv[4]);
  const at::NoGradGuard no_grad;
  const auto state = original_state(read_torch_file(argv[1]), {.network = "network"});
  // The same pattern as in Python: no file of inputs is needed.
  const auto pattern = [&](std::int64_t channels) {
    return (torch::arange(batch * channels * size * size, at::kDouble) * 0.37).sin().to(at::kFloat).view({batch, channels, size, size});
  };
  const auto t = torch::full({batch}, 417.0);
  at::Tensor kept;
  for (const auto* precision : {"fp32", "bf16"}) {
    for (const bool cached : {false, true}) {
      auto own = model(precision, cached);
      load_state_dict(own.network(), state, argv[1]);
      own.network().eval();
      Batch images;
      images.of.resize(static_cast<std::size_t>(batch));
      images.fields["image"] = pattern(3);
      const auto x = pattern(1);
      const auto condition = own.prepare(images);
      at::Tensor answer;
      const double seconds = fastest(runs, [&] { answer = own.denoise(x, t, *condition); });
      std::printf("%s%s %.4f\n", precision, cached ? "-cached" : "", seconds);
      if (std::string(precision) == "fp32" && !cached) {
        kept = answer;
        std::printf("output %.9g %.9g\n", answer.mean().item<double>(), answer.std().item<double>());
      } else if (std::string(precision) == "fp32") {
        std::printf("cached-difference %.3g\n", (answer - kept).abs().max().item<double>());
      }
      std::fflush(stdout);
    }
  }
}
