#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include <plexus/base/options.hpp>
#include <plexus/diffusion/timesteps.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/optimizers.hpp>

#include "model.hpp"

namespace plexus::medsegdiff {

struct TrainerSettings {
  std::int64_t max_steps = 100000, lr_anneal_steps = 0, batch_size = 8;
  std::string schedule_sampler = "uniform";
  double calibration_weight = 10;
  std::string calibration_loss = "mse";  // mse, dice_ce
  std::int64_t calibration_every = 1;
  bool log_quarters = false;
  double mask_threshold = 0;
  OptimizerOptions optimizer{.optimizer = "adamw", .lr = 1e-4};
  std::int64_t validation_steps = 20, validation_members = 1;
  std::string validation_sampler = "ddim";
  void declare(Options& options);
};

// Per sample of a batch, with gradient: the diffusion's terms and the loss of the highway's segmentation.
struct StepTerms {
  diffusion::TrainingTerms diffusion;
  at::Tensor calibration;
};
// image [B, C, H, W]; mask [B, K, H, W] of 0 and 1; t [B]; noise like mask. calibration_loss: mse (mean squared error) or dice_ce
// (Dice loss and cross entropy).
StepTerms step_terms(Network& network, const diffusion::Process& process, diffusion::Objective objective,
                     const at::Tensor& image, const at::Tensor& mask, const at::Tensor& t, const at::Tensor& noise,
                     const at::Tensor& y = {}, const std::string& calibration_loss = "mse");

// Adds the means of values [B] over the samples whose time t [B] lies in each quarter of `steps`: NAME_q0 … NAME_q3, those that
// have a sample.
void add_quarters(Losses& losses, const std::string& name, const at::Tensor& values, const at::Tensor& t, std::int64_t steps);

// One step: a time for each image, noise to it, hybrid loss plus ten times the highway's.
class Trainer final : public plexus::Trainer {
 public:
  using Settings = TrainerSettings;
  Trainer(Settings settings, plexus::Model& model, const DataInfo& info);

  std::vector<Phase> phases() const override;
  std::vector<Optimizer> start(const Phase& phase, Context& context) override;
  Losses step(const StepInput& input, Context& context) override;
  std::optional<Score> validate(Validation& validation, Context& context) override;
  std::vector<std::string> refresh_statistics(const StepInput& input) override;
  void state(Archive& archive) override { timesteps_->state(archive); }

 private:
  at::Tensor masks_of(const Batch& batch) const;
  Settings settings_;
  Model& model_;
  std::vector<std::int64_t> classes_;  // ids of the foreground
  std::unique_ptr<diffusion::TimestepSampler> timesteps_;
};

// Factor on the learning rate at a step: 1 - (step - 1) / horizon from step 1 on, as published; 1 for a horizon of 0.
double anneal(std::int64_t step, std::int64_t horizon);

}  // namespace plexus::medsegdiff
