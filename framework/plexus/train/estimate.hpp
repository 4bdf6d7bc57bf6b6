#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <plexus/train/amp.hpp>
#include <plexus/train/statistics.hpp>
#include <plexus/train/streams.hpp>

namespace plexus {

// Re-estimates batch-norm statistics: equal averages over training batches, in train mode without gradient, for whatever
// weights are in place. Always the same batches of a phase, drawn apart from those that are trained on.
class StatisticsEstimate {
 public:
  struct Setting {
    std::int64_t batches;
    Precision precision;
    at::Device device;
    bool channels_last;
  };
  StatisticsEstimate(Trainer& trainer, std::vector<Network> networks, std::unique_ptr<PhaseStreams> streams, const Rng& key,
                     Setting setting)
      : trainer_(trainer), networks_(std::move(networks)), streams_(std::move(streams)), key_(key), setting_(setting) {}

  // Leaves the estimated statistics in place until the result is destroyed. `step`, `steps`: of the phase, as
  // the trainer's StepInput tells them. Throws Error(configuration) where the trainer does not say which networks to refresh
  // or these have no batch-norm layer, Error(interrupted, terminated) after a stop request.
  std::unique_ptr<BatchStatistics> run(std::int64_t step, std::int64_t steps);

 private:
  Trainer& trainer_;
  std::vector<Network> networks_;
  std::unique_ptr<PhaseStreams> streams_;
  Rng key_;
  Setting setting_;
};

}  // namespace plexus
