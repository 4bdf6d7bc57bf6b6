#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>

namespace plexus {

// Options of the stage `train`: how training is run, whatever the method. Zero means "as the trainer says" or "never" as each
// option's text tells.
struct FitOptions {
  std::int64_t iterations = 0, epochs = 0;
  std::int64_t validate_every = 0, validate_epochs = 0;
  bool validate_at_end = true;
  std::int64_t patience = 0;
  std::string validate_weights = "raw";  // or "ema": the network's first average, or "ema@RATE"
  std::int64_t checkpoint_every = 0;
  double checkpoint_seconds = 300;
  std::vector<double> ema = {};
  bool ema_warmup = false;
  std::string batch_norm = "running";
  std::int64_t batch_norm_batches = 50;
  std::string precision = "fp32";
  bool channels_last = false;
  double clip = 0;
  std::int64_t accumulate = 1, micro_batches = 1;
  std::int64_t log_every = 10;
  bool log_norms = false;
  std::int64_t cache = 2048;  // MiB
  int prefetch = 4;
  bool deterministic = false;
  int compute_threads = 0;
  void declare(Options& options);
};

}  // namespace plexus
