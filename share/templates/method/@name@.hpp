#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/model.hpp>
#include <plexus/sdk/trainer.hpp>

namespace @name@ {

class Net;

// What a pipeline file may say under `model:`. Defaults are the members' initial values.
struct ModelSettings {
  std::int64_t width = 16, size = 64;
  void declare(plexus::Options& options);
};

// The network and what it does once it is trained.
class Model final : public plexus::Model, public plexus::Segmenter {
 public:
  using Settings = ModelSettings;
  Model(Settings settings, const plexus::DataInfo& info);
  std::vector<plexus::Network> networks() override;
  // "image" [B, C, (D,) H, W] -> "label" [B, (D,) H, W]
  plexus::Prediction predict(const plexus::Batch& batch, plexus::Context& context) override;
  // [B, C, H, W] -> [B, K, H, W]
  at::Tensor logits(const at::Tensor& image) override;

 private:
  Settings settings_;
  std::shared_ptr<Net> net_;
};

struct TrainerSettings {
  std::int64_t iterations = 200, batch_size = 8;
  double lr = 0.01;
  void declare(plexus::Options& options);
};

// How the model is trained: what a batch holds, the optimisers, and one step.
class Trainer final : public plexus::Trainer {
 public:
  using Settings = TrainerSettings;
  Trainer(Settings settings, plexus::Model& model, const plexus::DataInfo& info);
  std::vector<plexus::Phase> phases() const override;
  std::vector<plexus::Optimizer> start(const plexus::Phase& phase, plexus::Context& context) override;
  plexus::Losses step(const plexus::StepInput& input, plexus::Context& context) override;

 private:
  Settings settings_;
  plexus::Model& model_;
  plexus::Segmenter& segmenter_;
};

}  // namespace @name@
