// Parity subjects of training: the trainers' own steps on explicit batches, noise and diffusion times.
#include <cmath>

#include <torch/torch.h>

#include <plexus/base/text.hpp>
#include <plexus/nn/ema.hpp>

#include "deform_trainer.hpp"
#include "image_trainer.hpp"
#include "parity_config.hpp"

namespace plexus::parity {
namespace {

// The host's part in a step, with the case's own draws.
class GivenContext final : public Context {
 public:
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view purpose, const std::vector<std::string>&, at::IntArrayRef, Distribution) override {
    return drawn.at(std::string(purpose));
  }
  void minimise(std::string_view, const at::Tensor& loss) override {
    optimizer.of->zero_grad();
    loss.backward();
    double gradients = 0, weights = 0;
    for (const auto& parameter : optimizer.of->param_groups().front().params()) {
      if (parameter.grad().defined()) gradients += parameter.grad().to(at::kDouble).square().sum().item<double>();
      weights += parameter.detach().to(at::kDouble).square().sum().item<double>();
    }
    gradient_norm = std::sqrt(gradients);
    weight_norm = std::sqrt(weights);
    optimizer.of->step();
  }
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}

  std::map<std::string, at::Tensor> drawn;
  Optimizer optimizer;
  double gradient_norm = 0, weight_norm = 0;
};

class GivenStep final : public StepInput {
 public:
  GivenStep(Batch batch, std::int64_t step, std::int64_t epoch) : batch_(std::move(batch)), step_(step), epoch_(epoch) {}
  const Batch& operator[](std::string_view) const override { return batch_; }
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return 0; }
  std::int64_t epoch() const override { return epoch_; }

 private:
  Batch batch_;
  std::int64_t step_, epoch_;
};

using Weights = std::map<std::string, at::Tensor>;

Weights copy_of(const torch::nn::Module& network) {
  Weights weights;
  for (const auto& item : network.named_parameters()) weights[item.key()] = item.value().detach().clone();
  return weights;
}

// "delta:" and "param:" of every parameter.
void add_changes(const torch::nn::Module& network, const Weights& before, Outcome& outcome) {
  for (const auto& item : network.named_parameters()) {
    outcome.outputs["delta:" + item.key()] = item.value().detach() - before.at(item.key());
    outcome.outputs["param:" + item.key()] = item.value().detach();
  }
}

DataInfo head_slices() {
  DataInfo info;
  info.dimensions = 2;
  return info;
}

at::Tensor row_of(const Losses& losses, const std::vector<std::string>& names) {
  std::vector<at::Tensor> row;
  for (const auto& name : names)
    for (const auto& [key, value] : losses)
      if (key == name) row.push_back(value.to(at::kDouble));
  return at::stack(row);
}

std::map<std::string, double> step_of(const Losses& losses) {
  std::map<std::string, double> terms;
  for (const auto& [name, value] : losses) terms[name] = value.item<double>();
  return terms;
}

Outcome image_train(const Case& given) {
  mls::ImageModelSettings settings;
  settings.network = mls_network(given);
  mls::ImageModel model(settings, head_slices());
  mls::ImageTrainerSettings options;
  options.lr = given.config.at("lr");
  options.weight_decay = given.config.at("weight_decay");
  options.batch_size = given.config.at("batch_size");
  options.microbatch = given.config.at("microbatch");
  options.lr_anneal_steps = given.config.at("lr_anneal_steps");
  mls::ImageTrainer trainer(options, model, head_slices());
  auto& network = model.network();
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.train();
  const auto before = copy_of(network);
  std::vector<std::pair<std::string, std::unique_ptr<Ema>>> averages;
  for (const auto& rate : split(given.config.at("ema_rate").get<std::string>(), ','))
    averages.emplace_back(rate, std::make_unique<Ema>(network, *parse_real(rate)));

  GivenContext context;
  context.optimizer = trainer.start(trainer.phases().front(), context).front();
  std::vector<at::Tensor> terms, norms;
  const auto images = given.input("images");
  for (std::int64_t k = 0; k < images.size(0); ++k) {
    // Steps are drawn as numbers in [0, 1) over all of them.
    context.drawn = {{"timestep", (given.input("t")[k].to(at::kDouble) + 0.5) / static_cast<double>(model.process().steps())},
                     {"noise", given.input("noise")[k]}};
    for (auto& group : context.optimizer.of->param_groups()) group.options().set_lr(options.lr * trainer.rate(k));
    Batch batch;
    batch.of.resize(static_cast<std::size_t>(images.size(1)));
    batch.fields["image"] = images[k];
    const auto losses = trainer.step(GivenStep(batch, k, 0), context);
    terms.push_back(row_of(losses, {"loss", "mse", "vb"}));
    outcome.steps.push_back(step_of(losses));
    outcome.steps.back().insert({{"grad_norm", context.gradient_norm},
                                 {"param_norm", context.weight_norm},
                                 {"lr_next", options.lr * trainer.rate(k + 1)}});
    norms.push_back(torch::tensor({context.gradient_norm, context.weight_norm}, at::kDouble));
    for (auto& [rate, average] : averages) average->update(network, k);
  }
  outcome.outputs = {{"terms", at::stack(terms)}, {"norms", at::stack(norms)}};
  add_changes(network, before, outcome);
  for (const auto& [rate, average] : averages)
    for (const auto& [name, value] : average->values()) outcome.outputs["ema" + rate + ":" + name] = value - before.at(name);
  return outcome;
}

Outcome deformation_train(const Case& given) {
  mls::ModelSettings settings;
  settings.network = mls_network(given);
  settings.guidance = mls_guidance(given);
  settings.integration_steps = given.config.at("integration_steps");
  settings.timestep = given.config.at("validation_timestep");
  settings.region = "image";
  const std::vector<std::int64_t> size = given.config.at("size");
  mls::ShiftModel model(settings, head_slices(), std::make_shared<mls::DeformUNet>(size[0], size[1]));
  mls::DeformTrainerSettings options;
  options.lr = given.config.at("lr");
  options.weight_decay = given.config.at("weight_decay");
  options.batch_size = given.config.at("batch_size");
  mls::DeformTrainer trainer(options, model, head_slices());
  PrefixedNetworks networks;
  networks.add("con", model.guidance().con());
  networks.add("uncon", model.guidance().uncon());
  networks.add("deform", model.networks().front().module);
  Outcome outcome;
  outcome.parameters[""] = fill_module(networks);
  model.guidance().con()->eval();
  model.guidance().uncon()->eval();
  auto& network = model.deformation();
  const auto before = copy_of(network);

  GivenContext context;
  context.optimizer = trainer.start(trainer.phases().front(), context).front();
  const std::vector<std::int64_t> epochs = given.config.at("epoch_of_step");
  std::vector<at::Tensor> terms, validation, counterparts, differences;
  for (std::int64_t k = 0; k < static_cast<std::int64_t>(epochs.size()); ++k) {
    const auto epoch = epochs[static_cast<std::size_t>(k)];
    context.drawn = {{"timestep", given.input("t")[k].to(at::kLong)}, {"noise", given.input("noise")[k]}};
    Batch batch;
    batch.fields = {{"image", given.input("images")[k]},
                    {"mask", given.input("masks")[k]},
                    {"landmarks", given.input("landmarks")[k].to(at::kDouble)},
                    {"shift", given.input("mls")[k].unsqueeze(1).to(at::kDouble)}};
    batch.of.resize(static_cast<std::size_t>(batch.fields["image"].size(0)));
    const auto guide = trainer.guide(batch, context);
    counterparts.push_back(guide.counterpart);
    differences.push_back(guide.difference);
    {
      const at::NoGradGuard no_grad;
      outcome.outputs["field"] = model.field(batch["image"], guide.difference);
    }
    const auto losses = trainer.step(GivenStep(batch, k, epoch), context);
    terms.push_back(row_of(losses, given.config.at("terms")));
    outcome.steps.push_back(step_of(losses));
    if (k + 1 < static_cast<std::int64_t>(epochs.size()) && epochs[static_cast<std::size_t>(k + 1)] == epoch) continue;
    const at::NoGradGuard no_grad;
    const auto field = model.predicted_field(given.input("val_images"), given.input("val_noise")[epoch]);
    validation.push_back((model.shifts(field, {}, {}).pixels - given.input("val_mls")).abs().mean());
  }
  outcome.outputs["terms"] = at::stack(terms);
  outcome.outputs["validation"] = at::stack(validation);
  outcome.outputs["counterpart"] = at::stack(counterparts);
  outcome.outputs["difference"] = at::stack(differences);
  add_changes(network, before, outcome);
  return outcome;
}

}  // namespace

void register_mls_parity_train(Subjects& subjects) {
  subjects.add("mls.image_train", image_train);
  subjects.add("mls.deformation_train", deformation_train);
}

}  // namespace plexus::parity
