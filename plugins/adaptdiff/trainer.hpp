#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/trainer.hpp>

#include "learning.hpp"
#include "model.hpp"

namespace plexus::adaptdiff {

struct TrainerSettings {
  LearningSettings learning{.epochs = 20, .lr_every = 4};
  std::int64_t batch_size = 4;
  std::string subset = "unlabeled", loss = "l1";
  std::string pseudo_norm = "batch", pseudo_range = "signed";
  std::string range = "patch";
  double drop_condition = 0;
  std::int64_t preview = 20;
  void declare(Options& options);
};

// Stage 2: the denoiser learns target patches under the masks that the segmentation network gives them.
class Trainer final : public plexus::Trainer {
 public:
  using Settings = TrainerSettings;
  Trainer(Settings settings, plexus::Model& model, const DataInfo& info);

  std::vector<Phase> phases() const override;
  std::vector<Optimizer> start(const Phase& phase, Context& context) override;
  Losses step(const StepInput& input, Context& context) override;
  // Hands the log a preview: the mask of the last batch's first patch, and an image made for it.
  void end_epoch(std::int64_t epoch, Context& context) override;
  // Mean loss over the subset "val", at the same times and noise every time; the score is its negative.
  std::optional<Score> validate(Validation& validation, Context& context) override;
  std::vector<std::string> refresh_statistics(const StepInput& input) override;
  void state(Archive& archive) override { learning_.state(archive); }

  // Masks [B, 1, H, W], real 0 and 1, of patches x0 [B, 1, H, W] in [-1, 1] (or the labels of a batch).
  at::Tensor masks(const Batch& batch, const at::Tensor& x0);

 private:
  at::Tensor difference(const at::Tensor& noise, const at::Tensor& predicted) const;
  Settings settings_;
  Model& model_;
  Learning learning_;
  at::Tensor previewed_;  // mask [1, 1, H, W] of the last batch's first patch
};

}  // namespace plexus::adaptdiff
