// Parity subjects of training: the trainer's own step on explicit batches, noise and times.
#include <torch/torch.h>
#include <plexus/nn/state_dict.hpp>

#include "subject.hpp"
#include "trainer.hpp"

namespace plexus::parity {
namespace {

// The host's part, with the case's own draws.
class GivenContext final : public Context {
 public:
  explicit GivenContext(const Case& given) : given_(given) {}
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view purpose, const std::vector<std::string>&, at::IntArrayRef, Distribution) override {
    const auto& drawn = given_.input(std::string(purpose) + "." + std::to_string(step));
    // The case gives the Gumbel noise itself: the uniform number that it comes from.
    return purpose == "gumbel" ? (-(-drawn.to(at::kDouble)).exp()).exp() : drawn;
  }
  void minimise(std::string_view, const at::Tensor& loss) override {
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
  }
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}

  std::shared_ptr<torch::optim::Optimizer> optimizer;
  std::int64_t step = 0;

 private:
  const Case& given_;
};

class TwoStreams final : public StepInput {
 public:
  TwoStreams(const Case& given, std::int64_t step) : step_(step) {
    const auto input = [&](const char* role) { return given.input(role + ("." + std::to_string(step))); };
    labeled_.fields = {{"image", input("image_l")}, {"label", input("label_l")}};
    unlabeled_.fields = {{"image", input("image_u")}};
    for (auto* batch : {&labeled_, &unlabeled_}) batch->of.resize(static_cast<std::size_t>((*batch)["image"].size(0)));
  }
  const Batch& operator[](std::string_view stream) const override { return stream == "labeled" ? labeled_ : unlabeled_; }
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return 0; }
  std::int64_t epoch() const override { return 0; }

 private:
  std::int64_t step_;
  Batch labeled_, unlabeled_;
};

genericssl::ModelSettings model_settings(const Case& given) {
  genericssl::ModelSettings s;
  s.n_filters = given.config.at("n_filters");
  s.normalization = given.config.at("normalization");
  s.has_dropout = given.config.at("has_dropout");
  s.dropout_rate = given.config.at("dropout_rate");
  s.conv_dropout = given.config.at("conv_dropout");
  s.patch_size = given.config.at("patch_size").get<std::vector<std::int64_t>>();
  if (!given.config.at("ddim_timesteps").is_null())
    s.sample_times = given.config.at("ddim_timesteps").get<std::vector<std::int64_t>>();
  return s;
}

genericssl::TrainerSettings trainer_settings(const Case& given) {
  genericssl::TrainerSettings s;
  s.batch_size = given.config.at("batch_size");
  s.base_lr = given.config.at("base_lr");
  s.momentum = given.config.at("momentum");
  s.nesterov = given.config.at("nesterov");
  s.weight_decay = given.config.at("weight_decay");
  s.mu = given.config.at("mu");
  s.mu_rampup = false;
  s.ema_w = given.config.at("ema_w");
  s.accumulate_iters = given.config.at("accumulate_iters");
  s.sup_loss = given.config.at("sup_loss");
  s.unsup_loss = given.config.at("unsup_loss");
  return s;
}

void add_state(const genericssl::DiffVNet& network, const TensorMap& before, torch::optim::Optimizer& optimizer,
               Outcome& outcome) {
  std::map<std::string, at::Tensor> first(before.begin(), before.end());
  const auto& states = optimizer.state();
  for (const auto& item : network.named_parameters()) {
    const auto& name = item.key();
    const auto value = item.value().detach();
    outcome.outputs["param:" + name] = value;
    outcome.outputs["delta:" + name] = value - first.at(name);
    const auto state = states.find(item.value().unsafeGetTensorImpl());
    if (state == states.end()) continue;
    outcome.outputs["momentum:" + name] = static_cast<const torch::optim::SGDParamState&>(*state->second).momentum_buffer();
  }
  for (const auto& item : network.named_buffers()) outcome.outputs["buffer:" + item.key()] = item.value();
  const auto count = [&](const std::string& layer) {
    const auto found = network.named_buffers().find(layer + ".num_batches_tracked");
    return found == nullptr ? torch::zeros({}, at::kLong) : *found;
  };
  outcome.outputs["num_batches_tracked"] =
      at::stack({count("embedding.emb.ops.0.norm"), count("decoder_theta.block_six.ops.0.norm"),
                 count("decoder_psi.block_six.ops.0.norm"), count("denoise_model.embedding_diffusion.emb.ops.0.norm"),
                 count("denoise_model.encoder.block_two.ops.0.norm"), count("denoise_model.decoder.block_six.ops.0.norm")});
}

Outcome train(const Case& given) {
  DataInfo info;
  info.dimensions = given.config.at("dim");
  for (std::int64_t id = 0; id < given.config.at("n_classes").get<std::int64_t>(); ++id)
    info.labels.push_back({.id = id, .name = std::to_string(id)});
  genericssl::Model model(model_settings(given), info);
  auto& network = model.network();
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.train();
  auto before = state_dict(network);
  for (auto& [name, tensor] : before) tensor = tensor.clone();
  genericssl::Trainer trainer(trainer_settings(given), model, info);
  genericssl::PseudoLabel pseudo;
  trainer.watch([&](const genericssl::PseudoLabel& made) { pseudo = made; });
  GivenContext context(given);
  context.optimizer = trainer.start(trainer.phases().front(), context).front().of;

  std::vector<at::Tensor> losses, weights;
  for (; context.step < given.config.at("steps").get<std::int64_t>(); ++context.step) {
    std::map<std::string, double> terms;
    std::vector<at::Tensor> classes;
    for (const auto& [name, value] : trainer.step(TwoStreams(given, context.step), context)) {
      terms[name] = value.item<double>();
      if (name.starts_with("class_weights/")) classes.push_back(value);
    }
    losses.push_back(torch::tensor({terms["loss"], terms["deno"], terms["diff"], terms["unsup"]}, at::kDouble));
    weights.push_back(at::stack(classes));
    outcome.steps.push_back(std::move(terms));
    if (context.step == 0) outcome.outputs["pseudo_label"] = pseudo.label.unsqueeze(1);
  }
  outcome.outputs["losses"] = at::stack(losses);
  outcome.outputs["class_weights"] = at::stack(weights);
  outcome.outputs["p_u_xi"] = pseudo.smoothed;
  outcome.outputs["p_u_psi"] = pseudo.psi;
  add_state(network, before, *context.optimizer, outcome);
  return outcome;
}

}  // namespace

void register_genericssl_parity_train(Subjects& subjects) {
  subjects.add("genericssl.train3d", train);
  subjects.add("genericssl.train2d", train);
}

}  // namespace plexus::parity
