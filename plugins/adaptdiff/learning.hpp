#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/trainer.hpp>

namespace plexus::adaptdiff {

struct LearningSettings {
  std::int64_t epochs = 30, max_iterations = 0;
  double lr = 1e-3;
  std::int64_t lr_every = 3;
  double lr_factor = 0.5;
  void declare(Options& options);
};

// How all of the authors' trainings learn: Adam, whose rate falls by a factor after every so many epochs; or, where a number of
// iterations is set, after every so many of these.
class Learning {
 public:
  explicit Learning(LearningSettings settings) : settings_(settings) {}
  Phase phase(std::vector<Stream> streams) const;
  Optimizer optimizer(const std::string& name, const std::vector<at::Tensor>& parameters);
  // The trainer's end_epoch and state hand on to these.
  void end_epoch(std::int64_t epoch) { epoch_ = epoch + 1; }
  void state(Archive& archive) { archive.item("epoch", epoch_); }

 private:
  LearningSettings settings_;
  std::int64_t epoch_ = 0;
};

}  // namespace plexus::adaptdiff
