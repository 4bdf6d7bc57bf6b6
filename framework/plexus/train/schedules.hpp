#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/trainer.hpp>

namespace plexus::schedules {

// Factors on the base learning rate at step 0, 1, …; beyond the horizon the last value holds.
// (1 - step / horizon)^power
Schedule poly(double power, std::int64_t horizon);
// factor^(number of milestones reached)
Schedule step(std::vector<std::int64_t> milestones, double factor);
// factor^(step / every), whole division
Schedule stairs(std::int64_t every, double factor);
// last + (1 - last) (1 + cos(pi step / horizon)) / 2
Schedule cosine(std::int64_t horizon, double last = 0);
// factor^step
Schedule exponential(double factor);
// Linear from `first` to 1 over the first `steps`, times `then` (begun at step 0, empty: constant).
Schedule warm_up(std::int64_t steps, Schedule then, double first = 0);

// The same by options, for trainers that let their users choose.
struct ScheduleOptions {
  std::string schedule = "poly";  // constant, poly, cosine, step, stairs, exponential
  double power = 0.9, factor = 0.1, last = 0;
  std::vector<std::int64_t> milestones = {};
  std::int64_t every = 1000, warm_up = 0;
  void declare(Options& options);
  Schedule make(std::int64_t horizon) const;
};

}  // namespace plexus::schedules
