// Parity subjects of training: the trainer's own step on explicit batches, noise and latent times.
#include <torch/torch.h>
#include <plexus/nn/state_dict.hpp>

#include "subject.hpp"
#include "trainer.hpp"

namespace plexus::parity {
namespace {

DataInfo slices_of(std::int64_t classes) {
  DataInfo info;
  info.dimensions = 2;
  for (std::int64_t id = 0; id < classes; ++id) info.labels.push_back({.id = id, .name = std::to_string(id)});
  return info;
}

diffrect::TrainerSettings trainer_settings(const Case& given) {
  diffrect::TrainerSettings s;
  s.max_iterations = given.config.at("max_iterations");
  s.batch_size = given.option("batch_size", s.batch_size);
  s.labeled_bs = given.option("labeled_bs", s.labeled_bs);
  s.base_lr = given.config.at("base_lr");
  s.conf_thresh = given.option("conf_thresh", s.conf_thresh);
  s.consistency = given.config.at("consistency");
  s.consistency_rampup = given.config.at("consistency_rampup");
  s.refine_start = given.option("refine_start", s.refine_start);
  return s;
}

// The host's part, with the case's own draws.
class CaseContext final : public Context {
 public:
  CaseContext(const Case& given, std::map<std::string, Optimizer> optimizers)
      : given_(given), optimizers_(std::move(optimizers)) {}
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view purpose, const std::vector<std::string>&, at::IntArrayRef, Distribution) override {
    return given_.input("step" + std::to_string(step_) + "." + std::string(purpose));
  }
  void minimise(std::string_view name, const at::Tensor& loss) override {
    auto& optimizer = optimizers_.at(std::string(name));
    optimizer.of->zero_grad();
    loss.backward();
    optimizer.of->step();
  }
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}

  // Sets the learning rates of a step and returns them by the optimiser's name.
  std::map<std::string, double> begin(std::int64_t step, double base) {
    step_ = step;
    std::map<std::string, double> rates;
    for (auto& [name, optimizer] : optimizers_) {
      rates[name] = base * (optimizer.schedule ? optimizer.schedule(step) : 1.0);
      for (auto& group : optimizer.of->param_groups()) group.options().set_lr(rates[name]);
    }
    return rates;
  }

 private:
  const Case& given_;
  std::map<std::string, Optimizer> optimizers_;
  std::int64_t step_ = 0;
};

class CaseStep final : public StepInput {
 public:
  CaseStep(Batch batch, std::int64_t step, std::int64_t steps) : batch_(std::move(batch)), step_(step), steps_(steps) {}
  const Batch& operator[](std::string_view) const override { return batch_; }
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return steps_; }
  std::int64_t epoch() const override { return 0; }

 private:
  Batch batch_;
  std::int64_t step_, steps_;
};

// Every value of a case's label map stands for a square of pixels.
Batch batch_of(const Case& given, std::int64_t step) {
  const auto input = [&](const char* role) { return given.input("step" + std::to_string(step) + "." + role); };
  Batch batch;
  const auto weak = input("image_weak");
  auto label = input("label");
  label = label.repeat_interleave(weak.size(2) / label.size(1), 1).repeat_interleave(weak.size(3) / label.size(2), 2);
  batch.of.resize(static_cast<std::size_t>(weak.size(0)));
  batch.fields = {
      {"image_weak", weak.to(given.dtype())}, {"image_strong", input("image_strong").to(given.dtype())}, {"label", label}};
  return batch;
}

void add_networks(diffrect::Model& model, const std::map<std::string, Optimizer>& optimizers, Outcome& outcome) {
  for (const auto& network : model.networks()) {
    for (const auto& [name, tensor] : state_dict(*network.module)) outcome.outputs[network.name + "." + name] = tensor;
    const auto& states = optimizers.at(network.name).of->state();
    for (const auto& item : network.module->named_parameters()) {
      const auto state = states.find(item.value().unsafeGetTensorImpl());
      if (state == states.end()) continue;
      const auto& sgd = static_cast<const torch::optim::SGDParamState&>(*state->second);
      outcome.outputs["momentum:" + network.name + "." + item.key()] = sgd.momentum_buffer();
    }
  }
}

Outcome train_iterations(const Case& given) {
  const auto info = slices_of(given.config.at("num_classes"));
  diffrect::ModelSettings settings;
  settings.dropout = {0, 0, 0, 0, 0};
  settings.patch_size = given.option("patch_size", settings.patch_size);
  settings.ldm_beta_sch = given.option("ldm_beta_sch", settings.ldm_beta_sch);
  settings.ts = given.option("ts", settings.ts);
  settings.ts_sample = given.option("ts_sample", settings.ts_sample);
  diffrect::Model model(settings, info);
  for (const auto& network : model.networks()) {
    convert(*network.module, given.dtype());
    fill_module(*network.module);
    network.module->train();
  }
  const auto trainer_options = trainer_settings(given);
  diffrect::Trainer trainer(trainer_options, model, info);
  const auto phase = trainer.phases().front();
  CaseContext idle(given, {});
  std::map<std::string, Optimizer> optimizers;
  for (auto& optimizer : trainer.start(phase, idle)) optimizers[optimizer.name] = optimizer;
  CaseContext context(given, optimizers);

  static const std::vector<std::string> kListed{"sup_loss",
                                                "unsup_loss",
                                                "comp_loss",
                                                "as_weight",
                                                "loss",
                                                "lat_loss_sup",
                                                "sup_loss_cedice",
                                                "lat_loss_unsup",
                                                "unsup_loss_cedice",
                                                "ref_comp_loss",
                                                "ref_as_weight",
                                                "refine_loss",
                                                "unsup_label_rect_loss"};
  Outcome outcome;
  for (std::int64_t i = 0; i < given.config.at("steps").get<std::int64_t>(); ++i) {
    const auto rates = context.begin(i, trainer_options.base_lr);
    std::map<std::string, double> terms{{"lr", rates.at("unet")}, {"refine_lr", rates.at("rectifier")}};
    for (const auto& [name, value] : trainer.step(CaseStep(batch_of(given, i), i, phase.steps), context)) {
      terms[name] = value.item<double>();
    }
    const auto prefix = "step" + std::to_string(i) + ".";
    std::vector<double> losses;
    for (const auto& name : kListed) losses.push_back(terms.contains(name) ? terms[name] : 0.0);
    outcome.outputs[prefix + "losses"] = torch::tensor(losses, at::kDouble);
    outcome.outputs[prefix + "t"] = torch::tensor({terms.at("t"), terms.at("t2"), 0.0}, at::kDouble);
    outcome.steps.push_back(std::move(terms));
  }
  add_networks(model, optimizers, outcome);
  return outcome;
}

Outcome ramps(const Case& given) {
  const auto info = slices_of(2);
  diffrect::ModelSettings settings;
  settings.feature_channels = {2, 2, 2, 2, 2};
  diffrect::Model model(settings, info);
  const auto options = trainer_settings(given);
  const diffrect::Trainer trainer(options, model, info);
  std::vector<double> weights, rates;
  const auto iterations = given.input("iteration");
  for (std::int64_t k = 0; k < iterations.numel(); ++k) {
    const auto i = iterations[k].item<std::int64_t>();
    weights.push_back(trainer.consistency_weight(i, options.max_iterations));
    rates.push_back(options.base_lr * trainer.rate(i + 1, options.max_iterations));  // set after the iteration's steps
  }
  Outcome outcome;
  outcome.outputs = {{"consistency_weight", torch::tensor(weights, at::kDouble)}, {"lr", torch::tensor(rates, at::kDouble)}};
  return outcome;
}

}  // namespace

void register_diffrect_parity_train(Subjects& subjects) {
  subjects.add("diffrect.train_iterations", train_iterations);
  subjects.add("diffrect.ramps", ramps);
}

}  // namespace plexus::parity
