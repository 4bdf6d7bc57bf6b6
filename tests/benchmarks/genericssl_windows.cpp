// Sliding-window prediction of one volume of the left atrium's size at the published patch and strides: time for a batch of
// windows, peak memory, and whether the labels differ between batch sizes (they may where two classes tie).
//   OMP_NUM_THREADS=1 plexus-bench-genericssl_windows [FILTERS WINDOWS BATCH…]
// WINDOWS bounds how many windows are timed (0: all 114); the rest is reported in proportion. Default: 32 6 1 2 4.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "model.hpp"
#include "plain_context.hpp"
#include "process_cost.hpp"

using namespace plexus;

int main(int count, char** words) {
  at::set_num_threads(1);
  std::vector<std::int64_t> given;
  for (int i = 1; i < count; ++i) given.push_back(std::atoll(words[i]));
  const auto filters = given.empty() ? 32 : given[0];
  const auto most = given.size() > 1 ? given[1] : 6;
  std::vector<std::int64_t> batches(given.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(given.size(), 2)),
                                    given.end());
  if (batches.empty()) batches = {1, 2, 4};

  DataInfo info;
  info.labels.resize(2);
  // As many of the first windows along x as hold `most`, of three starts along y and two along z each.
  const std::int64_t x = most == 0 ? 183 : std::min<std::int64_t>(183, 112 + 4 * ((most + 5) / 6 - 1));
  Batch volume;
  volume.of.resize(1);
  volume.fields["image"] = torch::rand({1, 1, x, 140, 88});
  bench::PlainContext context;
  const at::NoGradGuard no_grad;
  at::Tensor first;
  for (const auto* precision : {"fp32", "bf16"}) {
    for (const auto batch : batches) {
      torch::manual_seed(1);
      genericssl::ModelSettings settings;
      settings.n_filters = filters;
      settings.predict_batch = batch;
      settings.predict_precision = precision;
      genericssl::Model model(settings, info);
      model.network().eval();
      const auto windows = settings.windows();
      double count = 1;
      const auto sizes = volume["image"].sizes().slice(2);
      for (std::size_t axis = 0; axis < 3; ++axis)
        count *= static_cast<double>(window_starts(sizes[axis], windows.patch[axis], windows.stride[axis]).size());
      bench::forget_peak();
      const auto begin = bench::processor_seconds();
      const auto labels = model.predict(volume, context).fields.at("label");
      const double each = (bench::processor_seconds() - begin) / count;
      if (!first.defined()) first = labels;
      std::printf(
          "%s, %ld windows at a time: %.2f s a window, %.0f s for 114; peak %.2f GiB; %ld of %ld labels differ from the "
          "first\n",
          precision, batch, each, 114 * each, bench::peak_gib(), labels.ne(first).sum().item<std::int64_t>(), labels.numel());
      std::fflush(stdout);
    }
  }
  return 0;
}
