// Cost of sampling one 256 x 256 image at the published widths, with the masks' part of the denoiser computed at every step and
// once: seconds a step, so that an image of 300 steps takes 300 times as long (and the condition once). Then several images of
// one mask at once, and of masks of their own. Processor time of one thread; medians.
//   OMP_NUM_THREADS=1 plexus-bench-adaptdiff_sampling [STEPS]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/torch.h>
#include <plexus/nn/batch_norm.hpp>

#include "process_cost.hpp"
#include "sampling.hpp"

namespace {

using namespace plexus;
constexpr std::int64_t kSide = 256, kRows = 4;

template <class Work>
double median_seconds(int times, Work&& work) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) {
    const double begin = bench::processor_seconds();
    work();
    all.push_back(bench::processor_seconds() - begin);
  }
  std::nth_element(all.begin(), all.begin() + times / 2, all.end());
  return all[static_cast<std::size_t>(times / 2)];
}

}  // namespace

int main(int count, char** words) {
  const int times = count > 1 ? std::max(std::atoi(words[1]), 1) : 5;
  at::set_num_threads(1);
  torch::manual_seed(1);
  const at::NoGradGuard no_grad;
  adaptdiff::SpadeUnet network({});
  network.eval();
  const NormScope scope(network, NormBy::image);
  // Blocks of 8 pixels: a mask with as many edges as vessels have.
  const auto mask = torch::rand({kRows, 1, kSide / 8, kSide / 8}).gt(0.85).to(at::kFloat).repeat_interleave(8, 2).repeat_interleave(8, 3);
  const auto x = torch::randn({kRows, 1, kSide, kSide});
  const auto one = x.slice(0, 0, 1), own = mask.slice(0, 0, 1);
  const auto t = torch::full({1}, 150, at::kLong);

  at::Tensor whole, cached;
  const double every = median_seconds(times, [&] { whole = network.forward(one, t, own); });
  adaptdiff::SpadeUnet::Condition condition;
  const double once = median_seconds(times, [&] { condition = network.condition(own, kSide, kSide); });
  const double step = median_seconds(times, [&] { cached = network.forward(one, t, condition); });
  const double image_before = 300 * every, image_after = once + 300 * step;
  std::printf("a step with the condition made anew %.3f s, with it at hand %.3f s; the condition alone %.3f s\n", every, step, once);
  std::printf("an image of 300 steps: %.1f s and %.1f s, %.1f times as fast; difference of the answers %g\n", image_before,
              image_after, image_before / image_after, (whole - cached).abs().max().item<double>());

  for (const bool alike : {true, false}) {
    adaptdiff::MaskedRows rows(network, alike ? own.expand({kRows, 1, kSide, kSide}).contiguous() : mask, true);
    const auto times_of_rows = t.expand({kRows});
    rows(x, times_of_rows);  // tries whether rows may answer together
    const double batch = median_seconds(times, [&] { rows(x, times_of_rows); }) / kRows;
    const double image = (alike ? once / kRows : once) + 300 * batch;
    std::printf("%lld images of %s at once: %.1f s an image, %.2f times as fast as one with the condition at hand\n",
                static_cast<long long>(kRows), alike ? "one mask" : "masks of their own", image, image_after / image);
  }
  return 0;
}
