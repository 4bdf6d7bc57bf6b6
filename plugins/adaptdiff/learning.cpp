#include "learning.hpp"

#include <cmath>

#include <plexus/train/optimizers.hpp>

namespace plexus::adaptdiff {

void LearningSettings::declare(Options& options) {
  options.add("epochs", epochs, "Passes through the samples; not looked at where max_iterations is set.").range(1).unit("epochs");
  options.add("max_iterations", max_iterations, "Iterations; 0: by epochs.").range(0).unit("iterations");
  options.add("lr", lr, "First learning rate of Adam.").range(0);
  options.add("lr_every", lr_every, "Epochs, or iterations where max_iterations is set, after which the rate falls.").range(1);
  options.add("lr_factor", lr_factor, "What it is multiplied by.").range(0, 1);
}

Phase Learning::phase(std::vector<Stream> streams) const {
  const bool counted = settings_.max_iterations > 0;
  return {.name = "train",
          .steps = settings_.max_iterations,
          .epochs = counted ? 0 : settings_.epochs,
          .streams = std::move(streams)};
}

Optimizer Learning::optimizer(const std::string& name, const std::vector<at::Tensor>& parameters) {
  const OptimizerOptions adam{.optimizer = "adam", .lr = settings_.lr};
  const Schedule falling = [this](std::int64_t step) {
    const auto done = settings_.max_iterations > 0 ? step : epoch_;
    return std::pow(settings_.lr_factor, static_cast<double>(done / settings_.lr_every));
  };
  return {.name = name, .of = adam.make(parameters), .schedule = falling};
}

}  // namespace plexus::adaptdiff
