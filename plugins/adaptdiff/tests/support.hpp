#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/context.hpp>

#include "model.hpp"
#include "support/one_step.hpp"

namespace plexus::adaptdiff::test {

inline DataInfo vessels(std::int64_t channels = 1) {
  DataInfo info;
  info.channels = channels;
  info.dimensions = 2;
  info.labels = {{.id = 0, .name = "background"}, {.id = 1, .name = "vessel"}};
  return info;
}

inline ModelSettings small_model() {
  ModelSettings settings;
  settings.unet = {.widths = {4, 8, 8}, .time_size = 8, .embed_channels = 4};
  settings.schedule = {.steps = 5, .beta_end = 0.5};
  settings.segmenter_widths = {4, 4};
  return settings;
}

// Masks with ids, as a batch of them.
inline Batch masks(const std::vector<std::string>& ids, const at::Tensor& label) {
  Batch batch;
  for (const auto& id : ids) {
    Sample sample;
    sample.id = sample.case_id = id;
    batch.of.push_back(sample);
  }
  batch.fields["label"] = label;
  return batch;
}

class Collected final : public Sink {
 public:
  void write(Sample sample) override { samples.push_back(std::move(sample)); }
  std::vector<Sample> samples;
};

// Keyed draws as the host's; minimises with the optimiser given.
class TrainingContext final : public HostContext {
 public:
  TrainingContext() : HostContext(training_key(1, "test"), at::kCPU) {
    set_minimise([this](std::string_view, const at::Tensor& loss) {
      optimizer.of->zero_grad();
      loss.backward();
      optimizer.of->step();
    });
  }
  Optimizer optimizer;
};

using plexus::test::OneStep;

}  // namespace plexus::adaptdiff::test
