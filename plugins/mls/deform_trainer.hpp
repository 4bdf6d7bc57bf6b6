#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/sdk/trainer.hpp>

#include "model.hpp"

namespace plexus::mls {

struct DeformTrainerSettings {
  double lr = 1e-4, weight_decay = 0;
  std::int64_t batch_size = 16, epochs = 100;
  bool hinge_per_sample = false, pin_unlabeled = true;
  std::string landmark_sampling = "published", validation = "all";
  void declare(Options& options);
};

// Trains the deformation network (section 2.3 of the paper) on every slice that the data set gives, with landmarks or without.
// Where the samples bring a counterpart and a difference map (stage `generate`), those are used; else the frozen networks make
// them anew in every step. Validates by the error of the shift on the labelled slices of the subset "val".
class DeformTrainer final : public Trainer {
 public:
  using Settings = DeformTrainerSettings;
  DeformTrainer(Settings settings, Model& model, const DataInfo& info);
  std::vector<Phase> phases() const override;
  std::vector<Optimizer> start(const Phase& phase, Context& context) override;
  Losses step(const StepInput& input, Context& context) override;
  // The score is minus the mean absolute error, in mm where all pixels have a known size, else in pixels. None without slices.
  std::optional<Score> validate(Validation& validation, Context& context) override;
  void state(Archive& archive) override { archive.item("validations", validations_); }

  // What the diffusion networks say of a batch of slices [B, 1, H, W].
  struct Guide {
    at::Tensor counterpart, difference;
  };
  Guide guide(const Batch& batch, Context& context) const;
  // The terms of the loss, each [B]; "loss" is their weighted sum.
  Losses terms(const Batch& batch, const at::Tensor& counterpart, const at::Tensor& field, std::int64_t epoch) const;

 private:
  Settings settings_;
  ShiftModel& model_;
  std::int64_t validations_ = 0;
};

}  // namespace plexus::mls
