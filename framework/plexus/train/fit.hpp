#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <c10/core/Device.h>

#include <plexus/sdk/metric.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/options.hpp>

namespace plexus {

// What one training works on. The networks are initialised (seed_initialisation in predict.hpp) and, where frozen, loaded.
struct FitInput {
  Model& model;
  Trainer& trainer;
  const Dataset& data;
  DataInfo info;
  std::vector<std::shared_ptr<const Transform>> transforms;  // of the pipeline: for every training stream, before its own
  std::vector<std::shared_ptr<const Metric>> metrics;        // of the validation; the first gives the score
  std::filesystem::path folder;                              // gets metrics.csv, events.out.tfevents.*, checkpoints/
  std::string stage;                                         // its name: keys every random draw, together with the seed
  std::uint64_t seed = 0;
  at::Device device = at::kCPU;
  int jobs = 1;
  bool resume = false;   // go on from checkpoints/last where there is one; false: begin anew, what is there is replaced
  std::string resolved;  // JSON kept in the checkpoint
  // Takes what a method hands to Context::picture, uint8 [H, W] or [H, W, 3], at a step counted over all phases. Empty: dropped.
  std::function<void(std::string_view name, std::int64_t step, const at::Tensor& image)> picture = {};
};

struct FitResult {
  bool finished = false;
  std::int64_t steps = 0;     // over all phases
  std::optional<Score> best;  // none where nothing was validated
  std::int64_t best_step = 0;
  double seconds = 0;            // of all sessions of the run, validation and checkpoints included
  double seconds_per_step = 0;   // median of this session's steps; 0 where none was made
  std::uint64_t peak_bytes = 0;  // resident memory of the process
};

// Trains: for each phase, batch -> step -> averages -> log, and at their cadences validation and checkpoints. Leaves in the
// folder checkpoints/last (the state from which a run goes on, or its end) and checkpoints/best (the highest score).
// The model's networks hold the final raw weights afterwards, with re-estimated batch-norm statistics where asked for.
// A run that was stopped anywhere and resumed has the same weights, bit for bit, as one that was not, given equal
// compute_threads. Returns at once where the run in the folder is finished.
// Throws Error: interrupted or terminated after a stop request, with `last` written; data where a loss is not finite, naming
// term, step and the last good checkpoint; configuration where options do not fit the trainer.
FitResult fit(const FitInput& input, const FitOptions& options);

}  // namespace plexus
