#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/trainer.hpp>

#include "difficulty.hpp"
#include "model.hpp"
#include "pseudo_label.hpp"

namespace plexus::genericssl {

struct TrainerSettings {
  std::int64_t max_epoch = 300, batch_size = 4;
  double base_lr = 0.01, momentum = 0.9, weight_decay = 3e-5, lr_power = 0.9;
  bool nesterov = true;
  double mu = 10;
  bool mu_rampup = true;
  std::int64_t rampup_epoch = 0;
  bool late = true;
  double ema_w = 0.99;
  std::string sup_loss = "w_ce+dice", unsup_loss = "w_ce+dice";
  std::int64_t accumulate_iters = 50;
  std::string sampler_mode = "train";  // train (as published), eval
  bool gumbel = true;
  double temperature = 1;
  bool share_encoder = false;
  std::int64_t picks = 3;
  double probability = 0.7;
  std::string validation = "centre";  // centre (as published), windows
  void declare(Options& options);
};

// GenericSSL's training (paper, 3): xi learns to denoise labels, psi to segment under difficulty weights, theta to segment
// unlabelled images by what xi and psi say of them; theta's decoder is drawn towards the mean of the other two.
class Trainer final : public plexus::Trainer {
 public:
  using Settings = TrainerSettings;
  Trainer(Settings settings, plexus::Model& model, const DataInfo& info);

  std::vector<Phase> phases() const override;
  std::vector<Optimizer> start(const Phase& phase, Context& context) override;
  Losses step(const StepInput& input, Context& context) override;
  std::optional<Score> validate(Validation& validation, Context& context) override;
  std::vector<std::string> refresh_statistics(const StepInput& input) override;
  void state(Archive& archive) override { difficulty_.state(archive); }

  // In force during an epoch (0, 1, …): factor on base_lr, and mu.
  double rate(std::int64_t epoch) const;
  double unlabeled_weight(std::int64_t epoch) const;
  // Is shown the pseudo-labels of every step.
  void watch(std::function<void(const PseudoLabel&)> watch) { watch_ = std::move(watch); }

 private:
  struct Unlabeled;
  Unlabeled look(const Batch& batch, Context& context);
  std::int64_t told(std::int64_t epoch) const;

  Settings settings_;
  Model& model_;
  std::vector<Label> labels_;
  Difficulty difficulty_;
  std::int64_t averaged_ = -1;  // the last step that moved theta
  std::function<void(const PseudoLabel&)> watch_;
};

}  // namespace plexus::genericssl
