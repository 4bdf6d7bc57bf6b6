#pragma once
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>
#include <plexus/train/context.hpp>

#include "trainer.hpp"
#include "support/one_step.hpp"

namespace plexus::medsegdiff::test {

inline DataInfo slices(std::int64_t channels = 1, std::int64_t classes = 2) {
  DataInfo info;
  info.channels = channels;
  info.dimensions = 2;
  for (std::int64_t id = 0; id < classes; ++id) info.labels.push_back({.id = id, .name = std::to_string(id)});
  return info;
}

// 32 x 32, a hundred thousand parameters.
inline ModelSettings tiny() {
  ModelSettings s;
  s.image_size = 32;
  s.num_channels = 32;
  s.num_res_blocks = 1;
  s.channel_mult = "1,1";
  s.attention_resolutions = "16";
  s.hw_max_features = 16;
  s.hw_dropout = 0;
  s.diffusion_steps = 50;
  s.sampler = {.sampler = "ddim", .sampling_steps = 3, .members = 2};
  return s;
}

inline ModelSettings tiny_first_version() {
  auto s = tiny();
  s.version = "1";
  s.channel_mult = "1,1,1,1,1,1";
  s.attention_resolutions = "1";
  return s;
}

// Zeroed layers would hide every mistake behind them.
inline void scramble(torch::nn::Module& module) {
  torch::manual_seed(11);
  const at::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) {
    auto& parameter = item.value();
    const bool scale = parameter.dim() == 1 && item.key().ends_with("weight");
    const double size = parameter.dim() > 1 ? 1 / std::sqrt(static_cast<double>(parameter.numel() / parameter.size(0))) : 0.1;
    parameter.copy_(torch::randn_like(parameter) * size + (scale ? 1 : 0));
  }
}

// Draws as the host does; minimises with the optimisers given.
class TestContext final : public HostContext {
 public:
  TestContext() : HostContext(Rng(5), at::kCPU) {
    set_minimise([this](std::string_view name, const at::Tensor& loss) {
      auto& optimizer = optimizers.at(std::string(name));
      optimizer.of->zero_grad();
      loss.backward();
      optimizer.of->step();
    });
  }
  std::map<std::string, Optimizer> optimizers;
};

using plexus::test::OneStep;

inline Batch batch_of(const std::vector<std::string>& ids, std::vector<std::int64_t> shape) {
  Batch batch;
  for (const auto& id : ids) batch.of.push_back({.id = id, .case_id = id});
  torch::manual_seed(2);
  shape.insert(shape.begin(), static_cast<std::int64_t>(ids.size()));
  batch.fields["image"] = torch::rand(shape);
  return batch;
}

}  // namespace plexus::medsegdiff::test
