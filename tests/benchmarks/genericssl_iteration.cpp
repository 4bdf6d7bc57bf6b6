// One GenericSSL training iteration, in fp32 and bf16 and in both memory layouts, what its parts take, and its peak memory.
// Processor time of one thread, so that other work on the machine does not count; the fastest of RUNS after one to warm up.
//   OMP_NUM_THREADS=1 plexus-bench-genericssl_iteration [D H W FILTERS BATCH CLASSES RUNS [LAYOUT]]
// Default: 64 64 48 8 2 2 2, the size of pipelines/la-genericssl.yaml. RUNS 0: sampling and one segmentation pass forward and
// backward alone. LAYOUT 0 … 3 runs only one of the four, and tells which operators of LibTorch take the time of its last iteration.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/torch.h>
#include <plexus/train/amp.hpp>

#include "operator_times.hpp"
#include "plain_context.hpp"
#include "process_cost.hpp"
#include "trainer.hpp"

namespace {

using namespace plexus;

struct Size {
  std::vector<std::int64_t> patch{64, 64, 48};
  std::int64_t filters = 8, batch = 2, classes = 2, runs = 2;
};

class PlainStep final : public StepInput {
 public:
  PlainStep(Batch labeled, Batch unlabeled) : labeled_(std::move(labeled)), unlabeled_(std::move(unlabeled)) {}
  const Batch& operator[](std::string_view stream) const override { return stream == "labeled" ? labeled_ : unlabeled_; }
  std::int64_t step() const override { return step_++; }
  std::int64_t steps() const override { return 1; }
  std::int64_t epoch() const override { return 0; }

 private:
  Batch labeled_, unlabeled_;
  mutable std::int64_t step_ = 0;
};

void report(const Size& size, Precision precision, bool channels_last, bool operators) {
  torch::manual_seed(1);
  DataInfo info;
  info.labels.resize(static_cast<std::size_t>(size.classes));
  genericssl::ModelSettings settings;
  settings.n_filters = size.filters;
  settings.patch_size = size.patch;
  genericssl::Model model(settings, info);
  auto& network = model.network();
  const auto format = channels_last ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::Contiguous;
  for (auto& parameter : network.parameters())
    if (parameter.dim() == 5) parameter.set_data(parameter.detach().contiguous(format));
  genericssl::Trainer trainer({}, model, info);
  bench::PlainContext context;
  for (auto& optimizer : trainer.start(trainer.phases().front(), context)) context.optimizers[optimizer.name] = optimizer;
  const auto optimizer = context.optimizers.begin()->first;
  std::vector<std::int64_t> shape{size.batch, 1};
  shape.insert(shape.end(), size.patch.begin(), size.patch.end());
  const auto batch = [&](bool labeled) {
    Batch made;
    made.of.resize(static_cast<std::size_t>(size.batch));
    made.fields["image"] = torch::rand(shape).contiguous(format);
    if (labeled) made.fields["label"] = torch::rand(shape).squeeze(1).mul(static_cast<double>(size.classes)).to(at::kLong);
    return made;
  };
  const PlainStep input(batch(true), batch(false));
  const Autocast autocast(precision, at::kCPU);
  auto noise_shape = shape;
  noise_shape[1] = size.classes;
  double best = 1e30, sampler = 1e30, backward = 1e30, update = 1e30, both_ways = 1e30;
  const bool whole_too = size.runs > 0;
  for (std::int64_t run = 0; run <= std::max<std::int64_t>(size.runs, 1); ++run) {
    if (run == 1) bench::forget_peak();
    if (whole_too) {
      std::optional<bench::OperatorTimes> times;
      if (operators && run == size.runs) times.emplace();
      context.backward = context.update = 0;
      const auto begin = bench::processor_seconds();
      trainer.step(input, context);
      const double whole = bench::processor_seconds() - begin;
      if (times) times->print(15, whole);
      if (run > 0) best = std::min(best, whole), backward = std::min(backward, context.backward), update = std::min(update, context.update);
    }
    auto begin = bench::processor_seconds();
    network.sample(input["unlabeled"]["image"], torch::randn(noise_shape));
    const double sampled = bench::processor_seconds() - begin;
    begin = bench::processor_seconds();
    context.update = 0;
    context.minimise(optimizer, network.psi(input["unlabeled"]["image"]).to(at::kFloat).mean());
    const double passed = bench::processor_seconds() - begin - context.update;
    if (run > 0) sampler = std::min(sampler, sampled), both_ways = std::min(both_ways, passed);
  }
  std::printf("%-4s %-13s ", precision == Precision::bf16 ? "bf16" : "fp32", channels_last ? "channels_last" : "contiguous");
  if (whole_too)
    std::printf("iteration %.2f s: forward passes, losses and labels %.2f, backward %.2f, update %.3f, ", best,
                best - sampler - backward - update, backward, update);
  std::printf("sampler %.2f; segmentation pass both ways %.2f; peak %.2f GiB\n", sampler, both_ways, bench::peak_gib());
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
  at::set_num_threads(1);
  Size size;
  std::vector<std::int64_t> given;
  for (int i = 1; i < count; ++i) given.push_back(std::atoll(words[i]));
  for (std::size_t i = 0; i < std::min<std::size_t>(given.size(), 3); ++i) size.patch[i] = given[i];
  if (given.size() > 3) size.filters = given[3];
  if (given.size() > 4) size.batch = given[4];
  if (given.size() > 5) size.classes = given[5];
  if (given.size() > 6) size.runs = given[6];
  std::printf("patch %ld x %ld x %ld, %ld filters, batch %ld + %ld, %ld classes\n", size.patch[0], size.patch[1], size.patch[2],
              size.filters, size.batch, size.batch, size.classes);
  for (std::int64_t layout = 0; layout < 4; ++layout)
    if (given.size() < 8 || given[7] == layout) report(size, layout < 2 ? Precision::fp32 : Precision::bf16, layout % 2 == 1, given.size() > 7);
  return 0;
}
