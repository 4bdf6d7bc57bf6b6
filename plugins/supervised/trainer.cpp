#include "trainer.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/nn/losses.hpp>

#include "model.hpp"

namespace plexus::supervised {
namespace {

Segmenter& segmenter_of(plexus::Model& model) {
  if (auto* segmenter = dynamic_cast<Segmenter*>(&model)) return *segmenter;
  throw Error(ErrorKind::configuration, "the trainer supervised needs a model that segments", "trainer supervised",
              "`plexus plugins list` names the models; `unet` is the plain one");
}

bool trained_here(const Network& network) { return network.role == Network::Role::trained && network.needed_to_predict; }

}  // namespace

void TrainerSettings::declare(Options& options) {
  options.add("max_iterations", max_iterations, "Iterations; also the horizon of the learning rate.")
      .range(1)
      .unit("iterations");
  options.add("batch_size", batch_size, "Labelled samples in a batch.").range(1);
  options.add("dice_weight", dice_weight, "Weight of the Dice loss beside cross entropy.").range(0);
  optimizer.declare(options);
  schedule.declare(options);
  augment.declare(options);
  options.preset("smoke", "a few steps, for tests", {{"max_iterations", "60"}, {"batch_size", "2"}});
}

Trainer::Trainer(Settings settings, plexus::Model& model, const DataInfo&)
    : settings_(std::move(settings)), model_(model), segmenter_(segmenter_of(model)) {
  // What it predicts at, it learns at.
  const auto* own = dynamic_cast<const Model*>(&model);
  if (own != nullptr && settings_.augment.patch_size.empty()) settings_.augment.patch_size = own->settings().patch_size;
}

std::vector<Phase> Trainer::phases() const {
  const Draws labeled{
      .subset = "labeled", .count = settings_.batch_size, .transforms = {std::make_shared<Augment>(settings_.augment)}};
  return {{.name = "train", .steps = settings_.max_iterations, .streams = {{.name = "train", .parts = {labeled}}}}};
}

std::vector<Optimizer> Trainer::start(const Phase& phase, Context&) {
  std::vector<at::Tensor> parameters;
  for (const auto& network : model_.networks()) {
    if (!trained_here(network)) continue;
    for (const auto& parameter : network.module->parameters()) parameters.push_back(parameter);
  }
  return {{.name = "segmenter", .of = settings_.optimizer.make(parameters), .schedule = settings_.schedule.make(phase.steps)}};
}

Losses Trainer::step(const StepInput& input, Context& context) {
  const Batch& batch = input["train"];
  const auto target = batch["label"].to(at::kLong);
  const auto logits = segmenter_.logits(batch["image"]);
  const auto ce = cross_entropy(logits, target);
  const auto dice = dice_loss(at::softmax(logits, 1), target);
  const auto loss = ce + settings_.dice_weight * dice;
  context.minimise("segmenter", loss);
  return {{"loss", loss.detach()}, {"cross_entropy", ce.detach()}, {"dice_loss", dice.detach()}};
}

std::vector<std::string> Trainer::refresh_statistics(const StepInput& input) {
  const at::NoGradGuard no_grad;
  segmenter_.logits(input["train"]["image"]);
  std::vector<std::string> names;
  for (const auto& network : model_.networks()) {
    if (network.needed_to_predict) names.push_back(network.name);
  }
  return names;
}

}  // namespace plexus::supervised
