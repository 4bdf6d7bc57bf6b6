// Parity subjects of training: the trainers' own steps on given patches, times and noise.
#include <torch/torch.h>
#include <plexus/nn/state_dict.hpp>

#include "parity_support.hpp"
#include "segmenter_trainer.hpp"
#include "trainer.hpp"

namespace plexus::parity {
namespace {

DataInfo vessels(std::int64_t channels) {
  DataInfo info;
  info.channels = channels;
  info.dimensions = 2;
  info.labels = {{.id = 0, .name = "background"}, {.id = 1, .name = "vessel"}};
  return info;
}

adaptdiff::LearningSettings learning(const Case& given) {
  const auto& scheduler = given.config.at("scheduler");
  return {.lr = given.config.at("lr"), .lr_every = scheduler.at("step_size"), .lr_factor = scheduler.at("gamma")};
}

// The host's part, with the case's own draws.
class GivenContext final : public Context {
 public:
  explicit GivenContext(const Case& given) : given_(given) {}
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view purpose, const std::vector<std::string>&, at::IntArrayRef, Distribution) override {
    return given_.input(std::string(purpose) + "." + std::to_string(step_));
  }
  void minimise(std::string_view, const at::Tensor& loss) override {
    optimizer_.of->zero_grad();
    loss.backward();
    optimizer_.of->step();
  }
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}

  void use(Optimizer optimizer) {
    optimizer_ = std::move(optimizer);
    base_ = optimizer_.of->param_groups().front().options().get_lr();
  }
  // Sets the learning rate of a step and returns it.
  double begin(std::int64_t step) {
    step_ = step;
    const double rate = base_ * optimizer_.schedule(step);
    for (auto& group : optimizer_.of->param_groups()) group.options().set_lr(rate);
    return rate;
  }

 private:
  const Case& given_;
  Optimizer optimizer_;
  double base_ = 0;
  std::int64_t step_ = 0;
};

class GivenStep final : public StepInput {
 public:
  GivenStep(Batch batch, std::int64_t step) : batch_(std::move(batch)), step_(step) {}
  const Batch& operator[](std::string_view) const override { return batch_; }
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return step_ + 1; }
  std::int64_t epoch() const override { return 0; }

 private:
  Batch batch_;
  std::int64_t step_;
};

Batch batch_of(std::map<std::string, at::Tensor> fields) {
  Batch batch;
  batch.of.resize(static_cast<std::size_t>(fields.at("image").size(0)));
  batch.fields = std::move(fields);
  return batch;
}

std::int64_t iterations(const Case& given) {
  std::int64_t count = 0;
  while (given.has_input("x." + std::to_string(count))) ++count;
  return count;
}

// Runs the iterations; `look` sees each batch before its step.
void train(const Case& given, plexus::Trainer& trainer, const std::function<Batch(std::int64_t)>& batch, Outcome& outcome) {
  GivenContext context(given);
  context.use(trainer.start(trainer.phases().front(), context).front());
  const std::int64_t per_epoch = given.config.at("iterations_per_epoch");
  for (std::int64_t k = 0; k < iterations(given); ++k) {
    std::map<std::string, double> terms{{"lr", context.begin(k)}};
    for (const auto& [name, value] : trainer.step(GivenStep(batch(k), k), context)) terms[name] = value.item<double>();
    outcome.steps.push_back(std::move(terms));
    if ((k + 1) % per_epoch == 0) trainer.end_epoch(k / per_epoch, context);
  }
}

void add_state(const torch::nn::Module& network, Outcome& outcome) {
  for (const auto& [name, tensor] : state_dict(network)) outcome.outputs[name] = tensor;
}

Outcome train_diffusion(const Case& given) {
  adaptdiff::ModelSettings settings;
  settings.unet = unet_settings(given.config.at("network"));
  const auto& schedule = given.config.at("schedule");
  settings.schedule = {.steps = schedule.at("num_diffusion_timesteps"),
                       .beta_schedule = schedule.at("beta_schedule"),
                       .beta_start = schedule.at("beta_start"),
                       .beta_end = schedule.at("beta_end")};
  settings.segmenter_widths = segmentation_settings(given.config.at("segmentation")).widths;
  adaptdiff::Model model(settings, vessels(3));
  Outcome outcome;
  outcome.parameters[""] = fill_module(model.unet());
  outcome.parameters["segmentation"] = fill_module(*model.segmenter());
  model.unet().train();
  model.segmenter()->train();
  adaptdiff::TrainerSettings trainer_settings;
  trainer_settings.learning = learning(given);
  trainer_settings.preview = 0;  // the case has no draw for it
  adaptdiff::Trainer trainer(trainer_settings, model, vessels(3));

  std::vector<at::Tensor> labels;
  train(given, trainer,
        [&](std::int64_t k) {
          auto batch = batch_of({{"image", given.input("x." + std::to_string(k))}});
          labels.push_back(trainer.masks(batch, batch["image"].slice(1, 1, 2)));
          return batch;
        },
        outcome);
  outcome.outputs["pseudo_label"] = at::stack(labels);
  add_state(model.unet(), outcome);
  const at::NoGradGuard no_grad;
  outcome.outputs["eps_pred_after"] = model.unet().forward(given.input("eps.0"), given.input("t.0"), labels.front());
  return outcome;
}

Outcome train_segmentation(const Case& given) {
  adaptdiff::SegmenterSettings settings;
  settings.widths = segmentation_settings(given.config.at("segmentation")).widths;
  adaptdiff::SegmenterModel model(settings, vessels(1));
  auto& network = *model.networks().front().module;
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.train();
  adaptdiff::SegmenterTrainerSettings trainer_settings;
  trainer_settings.learning = learning(given);
  adaptdiff::SegmenterTrainer trainer(trainer_settings, model, vessels(1));
  train(given, trainer,
        [&](std::int64_t k) {
          const auto number = std::to_string(k);
          return batch_of({{"image", given.input("x." + number)}, {"label", given.input("y." + number).squeeze(1)}});
        },
        outcome);
  add_state(network, outcome);
  const at::NoGradGuard no_grad;
  outcome.outputs["logits_after"] = model.logits(given.input("x.0"));
  return outcome;
}

}  // namespace

void register_adaptdiff_parity_train(Subjects& subjects) {
  subjects.add("adaptdiff.train_diffusion", train_diffusion);
  subjects.add("adaptdiff.train_segmentation", train_segmentation);
}

}  // namespace plexus::parity
