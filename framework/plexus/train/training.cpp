#include <plexus/train/training.hpp>

#include <ATen/Functions.h>
#include <sys/resource.h>
#include <torch/nn/module.h>

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include <plexus/base/fault.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/train/first_look.hpp>
#include <plexus/train/modes.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
namespace {

// A single phase may be given another length; what each of several would get is for the trainer to say.
std::vector<Phase> phases_of(const Trainer& trainer, const FitOptions& options) {
  auto phases = trainer.phases();
  if (options.iterations == 0 && options.epochs == 0) return phases;
  if (phases.size() != 1) {
    throw Error(ErrorKind::configuration, "the trainer has several phases, whose lengths are options of its own",
                options.iterations > 0 ? "iterations" : "epochs");
  }
  phases.front().steps = options.iterations;
  phases.front().epochs = options.epochs;
  return phases;
}

void use_channels_last(torch::nn::Module& module) {
  for (auto& parameter : module.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    if (parameter.dim() == 5) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast3d));
  }
}

// The mean of what batches, or pieces of one, tell, each by its share. A term that some of them lack counts by those that have it.
class MeanTerms {
 public:
  void add(const Losses& terms, double share) {
    for (const auto& [name, value] : terms) {
      const auto part = value.detach().to(at::kFloat) * share;
      const auto found = std::find_if(sums_.begin(), sums_.end(), [&term = name](const auto& one) { return one.first == term; });
      if (found == sums_.end())
        sums_.emplace_back(name, part);
      else
        found->second = found->second + part;
      shares_[name] += share;
    }
  }
  Losses mean() const {
    Losses means;
    for (const auto& [name, sum] : sums_) means.emplace_back(name, sum / shares_.at(name));
    return means;
  }

 private:
  Losses sums_;
  std::map<std::string, double> shares_;
};

}  // namespace

Training::Training(const FitInput& input, const FitOptions& options)
    : input_(input),
      options_(options),
      networks_(input.model.networks()),
      phases_(phases_of(input.trainer, options)),
      precision_(parse_precision(options.precision)),
      key_(training_key(input.seed, input.stage)),
      validated_weights_(parse_weights(options.validate_weights)),
      averages_((move_networks(input.model, input.device), networks_), options.ema, options.ema_warmup) {
  for (const auto& network : networks_) {
    if (options.channels_last) use_channels_last(*network.module);
    if (network.role == Network::Role::frozen) {
      for (auto& parameter : network.module->parameters()) parameter.requires_grad_(false);
    }
  }
  averages_.use(validated_weights_);  // refuses a choice that there is not
  progress_.seed = input.seed;
  make_folder(input.folder / "checkpoints");
}

FitResult Training::run() {
  load_previous();
  if (progress_.finished) {
    log::info(fmt::format("{}: finished before, after {} iterations", input_.stage, progress_.total));
    return result();
  }
  recorder_ = std::make_unique<Recorder>(input_.folder, progress_.recorded);
  while (progress_.phase < static_cast<std::int64_t>(phases_.size())) {
    start_phase();
    run_phase();
    if (progress_.phase + 1 == static_cast<std::int64_t>(phases_.size())) break;
    ++progress_.phase;
    progress_.step = progress_.batches = progress_.without_improvement = 0;
  }
  finish();
  return result();
}

void Training::load_previous() {
  const auto last = file("last");
  if (!input_.resume || !(std::filesystem::exists(last) || std::filesystem::exists(previous_checkpoint(last)))) {
    for (const auto& old : {last, previous_checkpoint(last), file("best")}) std::filesystem::remove(old);
    return;
  }
  previous_ = load_checkpoint(last);
  progress_ = progress_from(previous_->progress);
  if (progress_.seed != input_.seed) {
    throw Error(ErrorKind::configuration, fmt::format("the run was begun with seed {}, not {}", progress_.seed, input_.seed),
                last.string(), "give the same seed, or begin anew");
  }
  seconds_before_ = progress_.seconds;
  load_networks();
  if (!progress_.finished) log::info(fmt::format("{}: goes on after iteration {}", input_.stage, progress_.total));
}

void Training::load_networks() {
  for (const auto& network : trained()) {
    const auto found = previous_->networks.find(network.name);
    if (found == previous_->networks.end()) {
      throw Error(ErrorKind::data, "the checkpoint has no network '" + network.name + "'", file("last").string());
    }
    load_state_dict(*network.module, found->second, file("last").string() + ": " + network.name);
  }
}

void Training::start_phase() {
  const auto& phase = phases_[static_cast<std::size_t>(progress_.phase)];
  set_training_modes(networks_);
  context_ = std::make_unique<HostContext>(phase_key("draw"), input_.device);
  if (input_.picture)
    context_->set_picture([this](std::string_view name, const at::Tensor& image) { input_.picture(name, progress_.total, image); });
  looked_ = false;
  seed_torch(phase_key("start"));
  minimiser_ = std::make_unique<Minimiser>(input_.trainer.start(phase, *context_),
                                           Minimiser::Settings{options_.clip, precision_, options_.log_norms}, input_.device);
  context_->set_minimise([this](std::string_view name, const at::Tensor& loss) { minimiser_->minimise(name, loss); });
  if (previous_) {
    const auto where = file("last").string();
    load_networks();  // once more: the trainer's start may have changed them
    averages_.load(previous_->averages, where);
    load_optimizers(minimiser_->optimizers(), previous_->optimizers, where);
    load_trainer(input_.trainer, previous_->trainer, where);
    if (progress_.scale > 0) minimiser_->scaler().restore(progress_.scale, progress_.good_steps);
    previous_.reset();
  }
  const auto reestimate = options_.batch_norm == "reestimate";
  LoaderOptions loading;
  loading.jobs = input_.jobs;
  loading.prefetch = options_.prefetch;
  const auto cache = options_.cache << 20;
  loading.cache_bytes = reestimate ? cache / 4 : cache;
  if (reestimate) {
    estimate_ = std::make_unique<StatisticsEstimate>(
        input_.trainer, networks_,
        std::make_unique<PhaseStreams>(input_.data, phase, input_.transforms, phase_key("statistics"), loading),
        phase_key("statistics"),
        StatisticsEstimate::Setting{options_.batch_norm_batches, precision_, input_.device, options_.channels_last});
    loading.cache_bytes = cache - cache / 4;
  }
  streams_ = std::make_unique<PhaseStreams>(input_.data, phase, input_.transforms, phase_key("batches"), loading);
  streams_->seek(progress_.batches);
  const auto batches = phase.epochs * streams_->batches_per_epoch();
  steps_ = phase.steps > 0 ? phase.steps : (batches + options_.accumulate - 1) / options_.accumulate;
  if (steps_ < 1) throw std::logic_error("phase '" + phase.name + "' has neither steps nor epochs");
}

void Training::run_phase() {
  const auto& name = phases_[static_cast<std::size_t>(progress_.phase)].name;
  shown_ = std::make_unique<Progress>(phases_.size() > 1 ? input_.stage + " " + name : input_.stage, steps_, "iterations",
                                      progress_.step);
  saved_ = Clock::now();
  while (true) {
    if (validation_due()) validate();
    if (progress_.step >= steps_ || out_of_patience()) break;
    if (stop_requested()) stop_in_order();
    make_step();
    if (checkpoint_due()) save_last(weights());
  }
  read_losses();
  shown_->finish();
}

bool Training::out_of_patience() const { return options_.patience > 0 && progress_.without_improvement >= options_.patience; }

void Training::make_step() {
  const auto begin = Clock::now();
  const auto epoch = progress_.batches / streams_->batches_per_epoch();
  minimiser_->begin_step(progress_.step, epoch);
  Losses terms;
  if (options_.accumulate == 1) {
    terms = work_on(streams_->next(), epoch, progress_.batches);
  } else {
    MeanTerms mean;
    for (std::int64_t i = 0; i < options_.accumulate; ++i)
      mean.add(work_on(streams_->next(), epoch, progress_.batches + i), 1.0 / static_cast<double>(options_.accumulate));
    terms = mean.mean();
  }
  minimiser_->end_step();
  averages_.update(progress_.total);
  for (auto& total : minimiser_->logged()) terms.push_back(std::move(total));
  progress_.batches += options_.accumulate;
  ++progress_.step;
  ++progress_.total;
  recorder_->losses(progress_.total, epoch, terms);
  if (!looked_) log::info(fmt::format("{}: iteration {}: {}", input_.stage, progress_.total, loss_terms(terms)));
  looked_ = true;
  if (input_.device.is_cpu()) {
    for (const auto& [name, value] : terms) {
      if (!std::isfinite(value.item<double>())) fail_not_finite(name, progress_.total);
    }
  }
  for (auto done = epoch; done < progress_.batches / streams_->batches_per_epoch(); ++done) {
    input_.trainer.end_epoch(done, *context_);
  }
  if (progress_.total % options_.log_every == 0) {
    read_losses();
    recorder_->values(progress_.total, epoch, minimiser_->learning_rates());
  }
  step_seconds_.push_back(std::chrono::duration<float>(Clock::now() - begin).count());
  shown_->advance(1, recorder_->latest());
}

Losses Training::work_on(StreamBatches batches, std::int64_t epoch, std::int64_t number) {
  // Draws and dropout are keyed by the batch, which is the step where batches are not accumulated.
  context_->set_step(number);
  seed_torch(phase_key("default generator").fork(static_cast<std::uint64_t>(number)));
  if (!looked_ && number % options_.accumulate == 0)
    for (const auto& line : first_look(networks_, batches)) log::info(input_.stage + ": " + line);
  const auto rows = batches.begin()->second.size();
  std::map<std::string, std::map<std::string, std::int64_t>> seen;  // by stream
  MeanTerms mean;
  for (auto& piece : split_rows(std::move(batches), options_.micro_batches)) {
    std::map<std::string, std::int64_t> before;
    std::vector<std::string> ids;
    for (auto& [stream, batch] : piece) {
      move_batch(batch, input_.device, options_.channels_last);
      for (const auto& [id, count] : seen[stream]) before[id] = std::max(before[id], count);
      for (const auto& sample : batch.of) {
        ++seen[stream][sample.id];
        ids.push_back(sample.id);
      }
    }
    context_->set_seen(std::move(before));
    const auto share = static_cast<double>(piece.begin()->second.size()) / static_cast<double>(rows);
    minimiser_->begin_piece(share / static_cast<double>(options_.accumulate));
    const StepBatches step(std::move(piece), progress_.step, steps_, epoch);
    const Autocast autocast(precision_, input_.device);
    const auto losses = call_step(step, ids);
    if (options_.micro_batches == 1) return losses;
    mean.add(losses, share);
  }
  return mean.mean();
}

// What is thrown that is no Error, by LibTorch for shapes that do not fit say, is put down to the step, with what it worked on.
Losses Training::call_step(const StepInput& step, const std::vector<std::string>& ids) {
  try {
    return input_.trainer.step(step, *context_);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    if (is_memory_fault(error)) throw;
    throw Error(ErrorKind::plugin,
                fmt::format("the trainer's step failed at iteration {}: {}", progress_.total + 1, first_line(error)),
                "samples " + join(ids, ", "), "a fault of the method, or samples of a shape that it does not take");
  }
}

void Training::fail_not_finite(const std::string& term, std::int64_t step) const {
  const auto last = file("last");
  throw Error(ErrorKind::data, fmt::format("the loss '{}' is not finite at iteration {}", term, step), input_.stage,
              fmt::format("{}; lower the learning rate, clip gradients, or look at the data",
                          std::filesystem::exists(last) ? "the last good checkpoint is " + last.string()
                                                        : std::string("there is no checkpoint yet")));
}

void Training::read_losses() {
  const auto bad = recorder_->flush();
  if (!bad.empty()) fail_not_finite(bad.front().term, bad.front().step);
}

bool Training::validation_due() const {
  if (progress_.total == 0 || progress_.validated == progress_.total) return false;
  if (options_.validate_every > 0 && progress_.step > 0 && progress_.step % options_.validate_every == 0) return true;
  if (options_.validate_epochs > 0 && epoch_ended(options_.validate_epochs)) return true;
  if (!options_.validate_at_end || progress_.step < steps_) return false;
  if (progress_.phase + 1 < static_cast<std::int64_t>(phases_.size()) || input_.metrics.empty()) return false;
  const auto subsets = input_.data.subsets();
  return std::find(subsets.begin(), subsets.end(), "val") != subsets.end() && !input_.data.subset("val").empty();
}

// Whether the last step took the first stream over the end of an epoch whose number, counted from 1, `every` divides.
bool Training::epoch_ended(std::int64_t every) const {
  if (progress_.step == 0) return false;
  const auto length = every * streams_->batches_per_epoch();
  return progress_.batches / length > (progress_.batches - options_.accumulate) / length;
}

bool Training::checkpoint_due() const {
  if (options_.checkpoint_every > 0 && progress_.step % options_.checkpoint_every == 0) return true;
  const auto waited = std::chrono::duration<double>(Clock::now() - saved_).count();
  return options_.checkpoint_seconds > 0 && waited >= options_.checkpoint_seconds;
}

std::vector<Network> Training::trained() const {
  std::vector<Network> trained;
  std::copy_if(networks_.begin(), networks_.end(), std::back_inserter(trained),
               [](const auto& network) { return network.role == Network::Role::trained; });
  return trained;
}

std::filesystem::path Training::file(const std::string& name) const { return input_.folder / "checkpoints" / (name + ".pth"); }

Rng Training::phase_key(const std::string& purpose) const {
  return key_.fork(purpose).fork(static_cast<std::uint64_t>(progress_.phase));
}

double Training::seconds() const { return seconds_before_ + std::chrono::duration<double>(Clock::now() - started_).count(); }

FitResult Training::result() const {
  FitResult result;
  result.finished = progress_.finished;
  result.steps = progress_.total;
  result.best = progress_.best;
  result.best_step = progress_.best_step;
  result.seconds = recorder_ ? seconds() : progress_.seconds;
  if (auto times = step_seconds_; !times.empty()) {
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    result.seconds_per_step = *middle;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  result.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return result;
}

}  // namespace plexus
