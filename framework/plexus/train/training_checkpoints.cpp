// What a training writes: validation with its best checkpoint, the last checkpoint, the end.
#include <ATen/Functions.h>
#include <torch/nn/module.h>
#include <torch/version.h>

#include <fmt/format.h>
#include <cmath>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/sdk/version.hpp>
#include <plexus/train/modes.hpp>
#include <plexus/train/training.hpp>
#include <plexus/train/validation.hpp>

namespace plexus {

// Everything that a stop request may break off comes before the first change of what is kept.
void Training::validate() {
  read_losses();
  refuse_bad_weights();
  std::optional<Score> score;
  Weights best;
  auto better = false;
  try {
    {
      const auto in_place = averages_.use(validated_weights_);
      const auto statistics = estimate_ ? estimate_->run(progress_.step, steps_) : nullptr;
      HostContext context(prediction_key(input_.seed), input_.device);
      CaseValidation validation(input_.model, input_.data, input_.info, input_.metrics, context, input_.jobs);
      const Autocast autocast(precision_, input_.device);
      score = input_.trainer.validate(validation, context);
      better = score && !std::isnan(score->value) && (!progress_.best || score->value > progress_.best->value);
      if (better && estimate_) capture(validated_weights_, best);
    }
    set_training_modes(networks_);
    if (better) best = estimate_ ? estimated(std::move(best)) : weights();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::terminated) save_last(weights());
    throw;
  }
  progress_.validated = progress_.total;
  if (!score) return;
  progress_.without_improvement = better ? 0 : progress_.without_improvement + 1;
  record(*score, better);
  if (better) {
    progress_.best = score;
    progress_.best_step = progress_.total;
    save_checkpoint(file("best"), checkpoint(best));
  }
  save_last(weights());
}

void Training::record(const Score& score, bool better) {
  std::vector<std::pair<std::string, double>> series{{"val/score", score.value}};
  std::string details;
  for (const auto& [name, value] : score.details) {
    series.emplace_back("val/" + name, value);
    details += fmt::format("{}{} {:.4g}", details.empty() ? "" : ", ", name, value);
  }
  recorder_->values(progress_.total, progress_.batches / streams_->batches_per_epoch(), series);
  log::info(fmt::format("{}: iteration {}: score {:.4f} ({}){}", input_.stage, progress_.total, score.value, details,
                        better ? ", the best so far" : ""));
}

Training::Weights Training::weights() const {
  Weights all;
  for (const auto& network : trained()) all.networks.emplace(network.name, state_dict(*network.module));
  all.averages = averages_.states();
  return all;
}

void Training::capture(const WeightChoice& choice, Weights& weights) const {
  const auto copy = [](const Network& network) {
    auto state = state_dict(*network.module);
    for (auto& [name, tensor] : state) tensor = tensor.clone();
    return state;
  };
  if (!choice.averaged) {
    for (const auto& network : trained()) weights.networks.emplace(network.name, copy(network));
  }
  for (const auto& [name, network] : averages_.names(choice)) weights.averages.emplace(name, copy(network));
}

Training::Weights Training::estimated(Weights known) {
  auto choices = averages_.choices();
  choices.insert(choices.begin(), WeightChoice{});
  for (const auto& choice : choices) {
    auto missing = !choice.averaged && known.networks.empty();
    for (const auto& [name, network] : averages_.names(choice)) missing = missing || known.averages.count(name) == 0;
    if (!missing) continue;
    const auto in_place = averages_.use(choice);
    const auto statistics = estimate_->run(progress_.step, steps_);
    capture(choice, known);
  }
  return known;
}

void Training::refuse_bad_weights() const {
  const at::NoGradGuard no_grad;
  for (const auto& network : trained()) {
    std::vector<at::Tensor> finite;
    for (const auto& parameter : network.module->parameters()) finite.push_back(at::isfinite(parameter).all());
    if (!finite.empty() && !at::stack(finite).all().item<bool>())
      fail_not_finite("weights of " + network.name, progress_.total);
  }
}

Checkpoint Training::checkpoint(const Weights& weights) const {
  Checkpoint checkpoint;
  checkpoint.networks = weights.networks;
  checkpoint.averages = weights.averages;
  checkpoint.optimizers = save_optimizers(minimiser_->optimizers());
  checkpoint.trainer = save_trainer(input_.trainer);
  checkpoint.progress = to_pickle(progress_);
  checkpoint.resolved = input_.resolved;
  checkpoint.versions = {{"plexus", PLEXUS_VERSION}, {"torch", TORCH_VERSION}};
  return checkpoint;
}

// Curves first: the checkpoint says how much of them belongs to it, and a longer file is cut when the run goes on.
void Training::save_last(const Weights& weights) {
  read_losses();
  refuse_bad_weights();
  recorder_->sync();
  progress_.recorded = recorder_->bytes();
  progress_.scale = minimiser_->scaler().scale();
  progress_.good_steps = minimiser_->scaler().good_steps();
  progress_.seconds = seconds();
  save_checkpoint(file("last"), checkpoint(weights));
  saved_ = Clock::now();
}

void Training::stop_in_order() {
  save_last(weights());
  log::info(fmt::format("{}: stopped after iteration {}; checkpoint {}", input_.stage, progress_.total, file("last").string()));
  throw_if_stopped();
}

void Training::finish() {
  auto last = weights();
  if (estimate_) {
    try {
      last = estimated({});
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::terminated) save_last(weights());
      throw;
    }
    for (const auto& network : trained()) load_state_dict(*network.module, last.networks.at(network.name), network.name);
  }
  progress_.finished = true;
  save_last(last);
  const auto done = result();
  const auto best = done.best ? fmt::format("best score {:.4f} at iteration {}", done.best->value, done.best_step)
                              : std::string("no validation");
  log::info(fmt::format("{}: {} iterations in {}, {:.3f} s each (median), {} at most; {}", input_.stage, done.steps,
                        human_seconds(done.seconds), done.seconds_per_step, human_bytes(done.peak_bytes), best));
}

}  // namespace plexus
