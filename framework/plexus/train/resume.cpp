#include <plexus/train/resume.hpp>

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <map>

#include <plexus/base/error.hpp>
#include <plexus/train/checkpoint_optimizer.hpp>

namespace plexus {
namespace {

class SavingArchive final : public Archive {
 public:
  void item(const std::string& name, std::int64_t& value) override { entries.emplace_back(name, value); }
  void item(const std::string& name, double& value) override { entries.emplace_back(name, value); }
  void item(const std::string& name, at::Tensor& value) override {
    entries.emplace_back(name, value.defined() ? PickleValue(value.detach().clone()) : PickleValue());
  }
  PickleValue::Entries entries;
};

class LoadingArchive final : public Archive {
 public:
  explicit LoadingArchive(const PickleValue& saved) : saved_(saved) {}
  void item(const std::string& name, std::int64_t& value) override { value = saved_.at(name).integer(); }
  void item(const std::string& name, double& value) override { value = saved_.at(name).real(); }
  void item(const std::string& name, at::Tensor& value) override {
    const auto& found = saved_.at(name);
    if (found.is_none()) {
      value.reset();
    } else {
      value = value.defined() ? found.tensor().to(value.options(), /*non_blocking=*/false, /*copy=*/true) : found.tensor();
    }
  }

 private:
  const PickleValue& saved_;
};

// Sizes beyond 2^63 do not occur; seeds do.
PickleValue bits(std::uint64_t value) { return static_cast<std::int64_t>(value); }

void lay_out_like(at::Tensor& state, const at::Tensor& parameter) {
  if (!state.defined() || state.sizes() != parameter.sizes() || state.strides() == parameter.strides()) return;
  state = at::empty_like(parameter, state.options(), at::MemoryFormat::Preserve).copy_(state);
}

void lay_out(torch::optim::Optimizer& optimizer) {
  const at::NoGradGuard no_grad;
  for (const auto& group : optimizer.param_groups()) {
    for (const auto& parameter : group.params()) {
      const auto found = optimizer.state().find(parameter.unsafeGetTensorImpl());
      if (found == optimizer.state().end()) continue;
      const auto change = [&](auto read, auto write) {
        auto tensor = read();
        lay_out_like(tensor, parameter);
        write(tensor);
      };
      if (auto* sgd = dynamic_cast<torch::optim::SGDParamState*>(found->second.get())) {
        change([&] { return sgd->momentum_buffer(); }, [&](const at::Tensor& t) { sgd->momentum_buffer(t); });
      } else if (auto* adam = dynamic_cast<torch::optim::AdamParamState*>(found->second.get())) {
        change([&] { return adam->exp_avg(); }, [&](const at::Tensor& t) { adam->exp_avg(t); });
        change([&] { return adam->exp_avg_sq(); }, [&](const at::Tensor& t) { adam->exp_avg_sq(t); });
        change([&] { return adam->max_exp_avg_sq(); }, [&](const at::Tensor& t) { adam->max_exp_avg_sq(t); });
      } else if (auto* adamw = dynamic_cast<torch::optim::AdamWParamState*>(found->second.get())) {
        change([&] { return adamw->exp_avg(); }, [&](const at::Tensor& t) { adamw->exp_avg(t); });
        change([&] { return adamw->exp_avg_sq(); }, [&](const at::Tensor& t) { adamw->exp_avg_sq(t); });
        change([&] { return adamw->max_exp_avg_sq(); }, [&](const at::Tensor& t) { adamw->max_exp_avg_sq(t); });
      }
    }
  }
}

}  // namespace

PickleValue to_pickle(const TrainingProgress& progress) {
  PickleValue best;
  if (progress.best) {
    PickleValue::Entries details;
    for (const auto& [name, value] : progress.best->details) details.emplace_back(name, value);
    best = PickleValue::dict({{"value", progress.best->value}, {"details", PickleValue::dict(std::move(details))}});
  }
  return PickleValue::dict({{"seed", bits(progress.seed)},
                            {"phase", progress.phase},
                            {"step", progress.step},
                            {"batches", progress.batches},
                            {"total", progress.total},
                            {"validated", progress.validated},
                            {"without_improvement", progress.without_improvement},
                            {"finished", progress.finished},
                            {"best", best},
                            {"best_step", progress.best_step},
                            {"scale", progress.scale},
                            {"good_steps", progress.good_steps},
                            {"metrics_bytes", bits(progress.recorded.metrics)},
                            {"events_bytes", bits(progress.recorded.events)},
                            {"seconds", progress.seconds}});
}

TrainingProgress progress_from(const PickleValue& value) {
  TrainingProgress progress;
  progress.seed = static_cast<std::uint64_t>(value.at("seed").integer());
  progress.phase = value.at("phase").integer();
  progress.step = value.at("step").integer();
  progress.batches = value.at("batches").integer();
  progress.total = value.at("total").integer();
  progress.validated = value.at("validated").integer();
  progress.without_improvement = value.at("without_improvement").integer();
  progress.finished = value.at("finished").flag();
  if (const auto& best = value.at("best"); !best.is_none()) {
    progress.best = Score{best.at("value").real(), {}};
    for (const auto& [name, detail] : best.at("details").entries()) {
      progress.best->details.emplace_back(name.text(), detail.real());
    }
  }
  progress.best_step = value.at("best_step").integer();
  progress.scale = value.at("scale").real();
  progress.good_steps = value.at("good_steps").integer();
  progress.recorded.metrics = static_cast<std::uint64_t>(value.at("metrics_bytes").integer());
  progress.recorded.events = static_cast<std::uint64_t>(value.at("events_bytes").integer());
  progress.seconds = value.at("seconds").real();
  return progress;
}

PickleValue save_trainer(Trainer& trainer) {
  SavingArchive archive;
  trainer.state(archive);
  return PickleValue::dict(std::move(archive.entries));
}

void load_trainer(Trainer& trainer, const PickleValue& saved, const std::string& where) {
  try {
    LoadingArchive archive(saved);
    trainer.state(archive);
  } catch (const Error& error) {
    throw error.within(where + ": the trainer's state");
  }
}

PickleValue save_optimizers(const std::vector<Optimizer>& optimizers) {
  PickleValue::Entries entries;
  for (const auto& optimizer : optimizers) entries.emplace_back(optimizer.name, optimizer_state(*optimizer.of));
  return PickleValue::dict(std::move(entries));
}

void load_optimizers(const std::vector<Optimizer>& optimizers, const PickleValue& saved, const std::string& where) {
  for (const auto& optimizer : optimizers) {
    const auto place = where + ": optimiser '" + optimizer.name + "'";
    const auto* state = saved.find(optimizer.name);
    if (state == nullptr) throw Error(ErrorKind::data, "the checkpoint does not hold it", place);
    load_optimizer_state(*optimizer.of, *state, place);
    lay_out(*optimizer.of);
  }
}

}  // namespace plexus
