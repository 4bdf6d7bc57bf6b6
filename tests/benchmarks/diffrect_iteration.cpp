// One DiffRect training iteration at the size of the LA slices (4 + 4 rows, 128 x 128), before and after rectified labels are
// in use, in both memory layouts, and what its parts take. Processor time of one thread, so that other work on the machine does
// not count; the fastest of a few.
//   OMP_NUM_THREADS=1 plexus-bench-diffrect_iteration
#include <algorithm>
#include <cstdio>
#include <utility>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "plain_context.hpp"
#include "trainer.hpp"

namespace {

using namespace plexus;
constexpr int kRuns = 3;

class PlainStep final : public StepInput {
 public:
  PlainStep(Batch batch, std::int64_t step) : batch_(std::move(batch)), step_(step) {}
  const Batch& operator[](std::string_view) const override { return batch_; }
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return 30000; }
  std::int64_t epoch() const override { return 0; }

 private:
  Batch batch_;
  std::int64_t step_;
};

struct Setup {
  explicit Setup(bool channels_last) : model(model_settings(), info()), trainer(trainer_settings(), model, info()) {
    const auto format = channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    for (const auto& network : model.networks()) {
      for (auto& parameter : network.module->parameters()) {
        if (parameter.dim() == 4) parameter.set_data(parameter.detach().contiguous(format));
      }
    }
    for (auto& optimizer : trainer.start(trainer.phases().front(), context)) context.optimizers[optimizer.name] = optimizer;
    batch.of.resize(8);
    batch.fields = {{"image_weak", torch::rand({8, 1, 128, 128}).contiguous(format)},
                    {"image_strong", torch::rand({8, 1, 128, 128}).contiguous(format)},
                    {"label", torch::randint(2, {8, 16, 16}).repeat_interleave(8, 1).repeat_interleave(8, 2).to(at::kLong)}};
  }
  static DataInfo info() {
    DataInfo made;
    made.dimensions = 2;
    made.labels.resize(2);
    return made;
  }
  static diffrect::ModelSettings model_settings() {
    diffrect::ModelSettings settings;
    settings.patch_size = {128, 128};
    return settings;
  }
  static diffrect::TrainerSettings trainer_settings() {
    diffrect::TrainerSettings settings;
    settings.batch_size = 8;
    settings.labeled_bs = 4;
    return settings;
  }
  void step(std::int64_t i) { trainer.step(PlainStep(batch, i), context); }
  diffrect::Model model;
  diffrect::Trainer trainer;
  bench::PlainContext context;
  Batch batch;
};

template <class Work>
double fastest(Work&& work) {
  work();
  double best = 1e30;
  for (int i = 0; i < kRuns; ++i) {
    const auto begin = bench::processor_seconds();
    work();
    best = std::min(best, bench::processor_seconds() - begin);
  }
  return best;
}

void report(const char* layout, bool channels_last) {
  Setup setup(channels_last);
  const double early = fastest([&] { setup.step(0); });
  setup.context.backward = setup.context.update = 0;
  const double late = fastest([&] { setup.step(2000); });
  const double calls = kRuns + 1;
  const double unet = fastest([&] { setup.model.logits(setup.batch["image_weak"]).mean().backward(); });
  std::printf("%-14s iteration %.2f s, with rectified labels %.2f s (backward %.2f, updates %.2f); U-Net pass %.2f s\n", layout,
              early, late, setup.context.backward / calls, setup.context.update / calls, unet);
}

}  // namespace

int main() {
  at::set_num_threads(1);
  torch::manual_seed(1);
  report("contiguous", false);
  report("channels_last", true);
  return 0;
}
