#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/trainer.hpp>

#include "learning.hpp"
#include "losses.hpp"
#include "segmenter_model.hpp"

namespace plexus::adaptdiff {

struct SegmenterTrainerSettings {
  LearningSettings learning;
  std::int64_t batch_size = 5, augment_seed = 0;
  std::string subset = "labeled", dice_on = "argmax", augment = "none";
  void declare(Options& options);
};

// Stage 1 (source photographs with masks) and stage 4 (synthetic target images with real masks): cross entropy, and a Dice term
// that as published is only logged.
class SegmenterTrainer final : public plexus::Trainer {
 public:
  using Settings = SegmenterTrainerSettings;
  SegmenterTrainer(Settings settings, plexus::Model& model, const DataInfo& info);

  std::vector<Phase> phases() const override;
  std::vector<Optimizer> start(const Phase& phase, Context& context) override;
  Losses step(const StepInput& input, Context& context) override;
  void end_epoch(std::int64_t epoch, Context&) override { learning_.end_epoch(epoch); }
  std::vector<std::string> refresh_statistics(const StepInput& input) override;
  void state(Archive& archive) override { learning_.state(archive); }

 private:
  Settings settings_;
  SegmenterModel& model_;
  Learning learning_;
};

}  // namespace plexus::adaptdiff
