#include <plexus/train/modes.hpp>

#include <torch/nn/module.h>

namespace plexus {

void set_training_modes(const std::vector<Network>& networks) {
  for (const auto& network : networks) {
    const auto follows = network.mode == Network::Mode::follow;
    network.module->train(follows ? network.role == Network::Role::trained : network.mode == Network::Mode::train);
  }
}

EvalMode::EvalMode(const std::vector<Network>& networks) {
  for (const auto& network : networks) {
    for (const auto& module : network.module->modules()) were_.emplace_back(module, module->is_training());
    network.module->eval();
  }
}

EvalMode::~EvalMode() {
  // Outer modules come first and set their children too, which are then set to what they were.
  for (const auto& [module, training] : were_) module->train(training);
}

}  // namespace plexus
