#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <plexus/nn/pickle.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/minimiser.hpp>
#include <plexus/train/recorder.hpp>

namespace plexus {

// Where a training stands, beside weights and optimisers: all that its future depends on.
struct TrainingProgress {
  std::uint64_t seed = 0;
  std::int64_t phase = 0, step = 0;      // steps made in the phase
  std::int64_t batches = 0;              // of each stream, drawn in the phase: the position in the data
  std::int64_t total = 0;                // steps made in all
  std::int64_t validated = 0;            // `total` at the last validation
  std::int64_t without_improvement = 0;  // validations in the phase since the last better one
  bool finished = false;
  std::optional<Score> best;
  std::int64_t best_step = 0;
  double scale = 0;  // of the loss scaler
  std::int64_t good_steps = 0;
  RecordedBytes recorded;
  double seconds = 0;  // spent in all
};

PickleValue to_pickle(const TrainingProgress& progress);
TrainingProgress progress_from(const PickleValue& value);  // throws Error(data)

// What Trainer::state saves, and back.
PickleValue save_trainer(Trainer& trainer);
void load_trainer(Trainer& trainer, const PickleValue& saved, const std::string& where);  // throws Error(data)

// States of a phase's optimisers, by name.
PickleValue save_optimizers(const std::vector<Optimizer>& optimizers);
// Restores them; buffers get the memory layout of their parameters, so that arithmetic goes on in the same order.
void load_optimizers(const std::vector<Optimizer>& optimizers, const PickleValue& saved, const std::string& where);

}  // namespace plexus
