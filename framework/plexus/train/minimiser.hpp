#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/trainer.hpp>
#include <plexus/train/amp.hpp>

namespace plexus {

// From losses to changed weights. A training step is worked on in one or several pieces (micro-batches, accumulated
// batches). In one piece, each call of `minimise` steps its optimiser at once. In several, gradients are summed for each
// (optimiser, how many calls it had before in the piece) and stepped in that order at the step's end: a method that
// minimises twice in a step takes both steps, but the second one's gradient is taken at the weights before the first.
class Minimiser {
 public:
  struct Settings {
    double clip = 0;  // replaces the optimisers' own where above 0
    Precision precision = Precision::fp32;
    bool log_norms = false;
  };
  Minimiser(std::vector<Optimizer> optimizers, const Settings& settings, at::Device device);

  // Sets the learning rates of the step: base rate times schedules.
  void begin_step(std::int64_t step, std::int64_t epoch = 0);
  // `weight`: the piece's share of the step; 1 means that it is the whole step.
  void begin_piece(double weight);
  // Throws std::logic_error where there is no such optimiser.
  void minimise(std::string_view optimizer, const at::Tensor& loss);
  void end_step();

  const std::vector<Optimizer>& optimizers() const noexcept { return optimizers_; }
  // "lr/NAME" of each optimiser's first group, as of this step.
  std::vector<std::pair<std::string, double>> learning_rates() const;
  // What was minimised in this step, by optimiser, detached: "NAME.total"; with log_norms the 2-norms that its last step met,
  // before clipping: "NAME.grad_norm", "NAME.param_norm".
  Losses logged() const;
  LossScaler& scaler() noexcept { return scaler_; }

 private:
  struct Pending {
    std::size_t optimizer, call;
    std::vector<at::Tensor> gradients;  // undefined where the loss does not reach a parameter
  };
  std::size_t index_of(std::string_view name) const;
  std::vector<at::Tensor> parameters(std::size_t optimizer) const;
  void keep(std::size_t optimizer);
  void apply(std::size_t optimizer);
  bool unscale(const std::vector<at::Tensor>& gradients);

  std::vector<Optimizer> optimizers_;
  std::vector<std::vector<double>> base_rates_;  // of each optimiser's groups
  Settings settings_;
  at::Device device_;
  LossScaler scaler_;
  double weight_ = 1;
  bool overflowed_ = false;
  std::vector<std::size_t> calls_;
  std::vector<Pending> pending_;
  std::vector<at::Tensor> totals_;
  std::map<std::string, at::Tensor> norms_;
};

}  // namespace plexus
