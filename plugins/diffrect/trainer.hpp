#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/trainer.hpp>

#include "augment.hpp"
#include "model.hpp"

namespace plexus::diffrect {

struct TrainerSettings {
  std::int64_t max_iterations = 30000, batch_size = 6, labeled_bs = 3;
  double base_lr = 0.01, momentum = 0.9, weight_decay = 1e-4, lr_power = 0.9;
  bool lr_late = true;                    // the U-Net's rate follows one iteration behind, as published
  std::string rectifier_lr = "constant";  // constant (as published), poly
  double conf_thresh = 0.8;
  double consistency = 0.1, consistency_rampup = 200;
  std::int64_t ramp_steps = 150;
  std::string ramp_scale = "published";  // published, budget
  double ref_consistency_weight = -1;
  std::int64_t refine_start = 1000;
  std::string rectifier_mode = "train";  // of its networks when it makes targets: train (as published), eval
  bool eight_bit = true;
  AugmentSettings augment;
  // The authors' options without effect.
  double ema_decay = 0.99;
  std::string consistency_type = "mse";
  std::int64_t base_chn_rf = 64;
  void declare(Options& options);
};

// DiffRect, section by section of the paper: consistency training of the U-Net, training of the rectifier on pseudo-labels
// and truth, and, after `refine_start`, training of the U-Net on rectified pseudo-labels.
class Trainer final : public plexus::Trainer {
 public:
  using Settings = TrainerSettings;
  Trainer(Settings settings, plexus::Model& model, const DataInfo& info);

  std::vector<Phase> phases() const override;
  std::vector<Optimizer> start(const Phase& phase, Context& context) override;
  Losses step(const StepInput& input, Context& context) override;
  std::vector<std::string> refresh_statistics(const StepInput& input) override;

  // lambda of an iteration out of `steps`.
  double consistency_weight(std::int64_t iteration, std::int64_t steps) const;
  // Factor on base_lr that the U-Net's optimiser has in an iteration.
  double rate(std::int64_t iteration, std::int64_t steps) const;

 private:
  struct Views;  // the batch and what the U-Net says of it
  Views look(const Batch& batch);
  void train_segmenter(const Views& views, double weight, Context& context, Losses& losses);
  void train_rectifier(const Views& views, double weight, Context& context, Losses& losses);
  void train_on_rectified(const Views& views, Context& context, Losses& losses);
  at::Tensor paint(const at::Tensor& labels, const at::Tensor& like) const;
  // 999 x Dice loss of two label maps, as the rectifier's time for every row.
  at::Tensor wrongness(const at::Tensor& first, const at::Tensor& second, std::int64_t rows) const;

  Settings settings_;
  Model& model_;
};

}  // namespace plexus::diffrect
