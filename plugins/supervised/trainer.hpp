#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/optimizers.hpp>
#include <plexus/train/schedules.hpp>

#include "augment.hpp"

namespace plexus::supervised {

struct TrainerSettings {
  std::int64_t max_iterations = 30000, batch_size = 6;
  double dice_weight = 1;
  OptimizerOptions optimizer = {.weight_decay = 1e-4};
  schedules::ScheduleOptions schedule;
  AugmentSettings augment;
  void declare(Options& options);
};

// Trains any Segmenter on the labelled samples alone, by cross entropy and Dice: the baseline of every comparison.
class Trainer final : public plexus::Trainer {
 public:
  using Settings = TrainerSettings;
  // Throws Error(configuration) where the model is no Segmenter.
  Trainer(Settings settings, plexus::Model& model, const DataInfo& info);

  std::vector<Phase> phases() const override;
  std::vector<Optimizer> start(const Phase& phase, Context& context) override;
  Losses step(const StepInput& input, Context& context) override;
  std::vector<std::string> refresh_statistics(const StepInput& input) override;

 private:
  Settings settings_;
  plexus::Model& model_;
  Segmenter& segmenter_;
};

}  // namespace plexus::supervised
