#include <plexus/train/schedules.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace plexus::schedules {
namespace {

double done(std::int64_t step, std::int64_t horizon) {
  return std::clamp(static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(horizon, 1)), 0.0, 1.0);
}

}  // namespace

Schedule poly(double power, std::int64_t horizon) {
  return [=](std::int64_t step) { return std::pow(1 - done(step, horizon), power); };
}

Schedule step(std::vector<std::int64_t> milestones, double factor) {
  return [milestones = std::move(milestones), factor](std::int64_t step) {
    return std::pow(factor, std::count_if(milestones.begin(), milestones.end(), [&](auto at) { return step >= at; }));
  };
}

Schedule stairs(std::int64_t every, double factor) {
  return [=](std::int64_t step) { return std::pow(factor, static_cast<double>(step / std::max<std::int64_t>(every, 1))); };
}

Schedule cosine(std::int64_t horizon, double last) {
  return [=](std::int64_t step) { return last + (1 - last) * (1 + std::cos(std::numbers::pi * done(step, horizon))) / 2; };
}

Schedule exponential(double factor) {
  return [=](std::int64_t step) { return std::pow(factor, static_cast<double>(step)); };
}

Schedule warm_up(std::int64_t steps, Schedule then, double first) {
  return [=](std::int64_t step) { return (first + (1 - first) * done(step, steps)) * (then ? then(step) : 1.0); };
}

void ScheduleOptions::declare(Options& options) {
  options.add("schedule", schedule, "how the learning rate changes over training")
      .one_of({"constant", "poly", "cosine", "step", "stairs", "exponential"});
  options.add("schedule_power", power, "poly: exponent").range(0);
  options.add("schedule_factor", factor, "step, stairs, exponential: factor at each milestone, stair or iteration").range(0, 1);
  options.add("schedule_last", last, "cosine: what is left of the learning rate at the end").range(0, 1);
  options.add("schedule_milestones", milestones, "step: iterations at which the factor applies").unit("iterations");
  options.add("schedule_every", every, "stairs: length of a stair").unit("iterations").range(1);
  options.add("warm_up", warm_up, "iterations in which the learning rate rises from 0").unit("iterations").range(0);
}

Schedule ScheduleOptions::make(std::int64_t horizon) const {
  Schedule made;
  if (schedule == "poly") made = poly(power, horizon);
  if (schedule == "cosine") made = cosine(horizon, last);
  if (schedule == "step") made = step(milestones, factor);
  if (schedule == "stairs") made = stairs(every, factor);
  if (schedule == "exponential") made = exponential(factor);
  return warm_up > 0 ? schedules::warm_up(warm_up, std::move(made)) : made;
}

}  // namespace plexus::schedules
