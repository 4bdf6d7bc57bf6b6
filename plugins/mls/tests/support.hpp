#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include <plexus/sdk/trainer.hpp>
#include <plexus/train/context.hpp>

#include "deform_trainer.hpp"
#include "image_trainer.hpp"

namespace plexus::mls::test {

inline DataInfo head_info() {
  DataInfo info;
  info.dimensions = 2;
  info.labels = {{0, "background"}, {1, "head"}};
  return info;
}

// The least that works: one level of 32 channels, 20 diffusion steps.
inline NetworkSettings tiny_network() {
  NetworkSettings s;
  s.image_size = 32;
  s.num_channels = 32;
  s.channel_mult = "1,1";
  s.num_res_blocks = 1;
  s.attention_resolutions = "";
  s.num_head_channels = 16;
  s.diffusion_steps = 100;
  return s;
}

inline ModelSettings tiny_model() {
  ModelSettings s;
  s.network = tiny_network();
  s.guidance.counterpart_steps = "ddim10";
  s.guidance.counterpart_start = 3;
  s.slices.size = 32;
  s.timestep = 30;
  s.first_slice = 1;
  s.skip_last = 2;
  return s;
}

// Draws as the host does; minimises with one optimiser, or only keeps gradients.
class TestContext final : public HostContext {
 public:
  TestContext() : HostContext(Rng(5), at::kCPU) {
    set_minimise([this](std::string_view, const at::Tensor& loss) {
      losses.push_back(loss.item<double>());
      if (optimizer.of) optimizer.of->zero_grad();
      (loss * share).backward();
      if (optimizer.of) optimizer.of->step();
    });
  }
  Optimizer optimizer;
  double share = 1;  // of the batch
  std::vector<double> losses;
};

class TestStep final : public StepInput {
 public:
  explicit TestStep(Batch batch, std::int64_t step = 0, std::int64_t epoch = 0) : batch_(std::move(batch)), step_(step), epoch_(epoch) {}
  const Batch& operator[](std::string_view) const override { return batch_; }
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return 10; }
  std::int64_t epoch() const override { return epoch_; }

 private:
  Batch batch_;
  std::int64_t step_, epoch_;
};

// Slices of 32 x 32 as the training transforms leave them, rows `from` … `end` of four.
inline Batch slices(std::int64_t from = 0, std::int64_t end = 4) {
  torch::manual_seed(7);
  std::map<std::string, at::Tensor> all{{"image", torch::rand({4, 1, 32, 32}) * 2 - 1},
                                        {"mask", torch::ones({4, 1, 32, 32}, at::kByte)},
                                        {"landmarks", torch::rand({4, 4, 2}, at::kDouble) * 31},
                                        {"known", torch::tensor({1, 0, 1, 0}, at::kByte).view({4, 1})},
                                        {"shift", torch::tensor({3.0, 0.0, 1.5, 2.0}, at::kDouble).view({4, 1})}};
  Batch batch;
  for (auto& [name, field] : all) batch.fields[name] = field.slice(0, from, end);
  for (auto k = from; k < end; ++k) {
    Sample sample;
    sample.id = "case_slice_" + std::to_string(k);
    sample.case_id = "case";
    batch.of.push_back(sample);
  }
  return batch;
}

}  // namespace plexus::mls::test
