#pragma once
#include <memory>
#include <string>
#include <vector>

#include <plexus/diffusion/timesteps.hpp>
#include <plexus/sdk/trainer.hpp>

#include "image_model.hpp"

namespace plexus::mls {

struct ImageTrainerSettings {
  double lr = 1e-4, weight_decay = 0;
  std::int64_t batch_size = 2, microbatch = -1, lr_anneal_steps = 0, steps = 100000;
  std::string cases = "all", schedule_sampler = "uniform";
  bool use_kl = false, rescale_learned_sigmas = false;
  TurnSettings turn;
  void declare(Options& options);
};

// Trains a diffusion model of slices, a random one of each case and epoch (the data set's `draw: cases`).
class ImageTrainer final : public Trainer {
 public:
  using Settings = ImageTrainerSettings;
  ImageTrainer(Settings settings, Model& model, const DataInfo& info);
  std::vector<Phase> phases() const override;
  std::vector<Optimizer> start(const Phase& phase, Context& context) override;
  Losses step(const StepInput& input, Context& context) override;
  // Nothing is validated: the last weights count, as published.
  std::optional<Score> validate(Validation& validation, Context& context) override;
  void state(Archive& archive) override { sampler_->state(archive); }
  // Factor on the learning rate at a step: 1 - (step - 1) / lr_anneal_steps, the rate following one step behind as published.
  double rate(std::int64_t step) const;

 private:
  Settings settings_;
  ImageModel& model_;
  std::unique_ptr<diffusion::TimestepSampler> sampler_;
};

}  // namespace plexus::mls
