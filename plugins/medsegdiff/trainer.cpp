#include "trainer.hpp"

#include <algorithm>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/nn/losses.hpp>

#include "fit_slice.hpp"

namespace plexus::medsegdiff {
namespace {

Model& own_model(plexus::Model& model) {
  if (auto* own = dynamic_cast<Model*>(&model)) return *own;
  throw Error(ErrorKind::configuration, "the trainer medsegdiff trains the model medsegdiff only", "trainer medsegdiff",
              "write `model: {plugin: medsegdiff}`");
}

// Sets the model's way of sampling back at the end.
class SampleOtherwise {
 public:
  SampleOtherwise(Model& model, const diffusion::SamplerSettings& sampler) : model_(model), before_(model.settings().sampler) {
    model_.sample_by(sampler);
  }
  SampleOtherwise(const SampleOtherwise&) = delete;
  SampleOtherwise& operator=(const SampleOtherwise&) = delete;
  ~SampleOtherwise() { model_.sample_by(before_); }

 private:
  Model& model_;
  diffusion::SamplerSettings before_;
};

}  // namespace

double anneal(std::int64_t step, std::int64_t horizon) {
  if (horizon == 0) return 1;
  return std::max(0.0, 1 - static_cast<double>(std::max<std::int64_t>(step - 1, 0)) / static_cast<double>(horizon));
}

void TrainerSettings::declare(Options& options) {
  options.add("max_steps", max_steps, "Optimiser steps; the published code never stops.").range(1).unit("iterations");
  options
      .add("lr_anneal_steps", lr_anneal_steps,
           "The learning rate falls linearly to 0 over so many steps, which are then all there are; 0: constant.")
      .range(0)
      .unit("iterations");
  options.add("batch_size", batch_size, "Images in a batch; the stage's micro_batches splits it.").range(1);
  options.add("schedule_sampler", schedule_sampler, "Which steps of the diffusion are trained.")
      .one_of({"uniform", "loss-second-moment"});
  options.add("calibration_weight", calibration_weight, "Weight of the highway's loss.").range(0);
  options.add("calibration_loss", calibration_loss, "The highway's loss: mse, as published, or dice_ce, as the paper has it.")
      .one_of({"mse", "dice_ce"});
  options
      .add("calibration_every", calibration_every,
           "It counts for images whose diffusion step is a multiple of this; the paper leaves steps out, the public code none.")
      .range(1);
  options
      .add("mask_threshold", mask_threshold,
           "A mask resized to image_size is foreground above it: 0 as published widens masks by a rim, 0.5 keeps their size.")
      .range(0, 0.999);
  options.add("log_quarters", log_quarters,
              "Log each loss also by the quarter of the diffusion that its times lie in, as NAME_q0 … NAME_q3.").no_effect();
  optimizer.declare(options);
  options.add("validation_sampler", validation_sampler, "Sampler of validations.").one_of({"ddpm", "ddim", "dpm-solver++"});
  options.add("validation_steps", validation_steps, "Its steps.").range(1);
  options.add("validation_members", validation_members, "Samples of each image in validations.").range(1);
  options.preset("smoke", "a few steps, for tests", {{"max_steps", "60"}, {"batch_size", "2"}, {"validation_steps", "2"}});
  options.preset("reference", "README: AdamW 1e-4, batches of 8, about 100,000 steps",
                 {{"optimizer", "adamw"}, {"lr", "0.0001"}, {"batch_size", "8"}, {"mask_threshold", "0"}});
}

Trainer::Trainer(Settings settings, plexus::Model& model, const DataInfo& info)
    : settings_(std::move(settings)),
      model_(own_model(model)),
      timesteps_(diffusion::timestep_sampler(settings_.schedule_sampler, model_.process().steps())) {
  if (info.dimensions != 2) {
    throw Error(ErrorKind::configuration, "MedSegDiff trains on 2D slices, the data set gives volumes", "trainer medsegdiff",
                "ask the data set for slices");
  }
  for (std::size_t k = 1; k < info.labels.size(); ++k) classes_.push_back(info.labels[k].id);
}

std::vector<Phase> Trainer::phases() const {
  const auto fit = std::make_shared<FitSlice>(model_.settings().image_size, settings_.mask_threshold);
  const Draws labeled{.subset = "labeled", .count = settings_.batch_size, .drop_last = false, .transforms = {fit}};
  const auto steps = settings_.lr_anneal_steps > 0 ? settings_.lr_anneal_steps : settings_.max_steps;
  return {{.name = "train", .steps = steps, .streams = {{.name = "train", .parts = {labeled}}}}};
}

std::vector<Optimizer> Trainer::start(const Phase&, Context&) {
  const Schedule falling = [horizon = settings_.lr_anneal_steps](std::int64_t step) { return anneal(step, horizon); };
  return {{.name = "network",
           .of = settings_.optimizer.make(model_.network().parameters()),
           .schedule = settings_.lr_anneal_steps > 0 ? falling : Schedule()}};
}

at::Tensor Trainer::masks_of(const Batch& batch) const {
  const auto& label = batch["label"];
  std::vector<at::Tensor> masks;
  for (const auto id : classes_) masks.push_back(label == id);
  return at::stack(masks, 1).to(at::kFloat);
}

namespace {

at::Tensor calibration_terms(const at::Tensor& calibration, const at::Tensor& mask, const std::string& loss) {
  if (loss == "mse") return diffusion::mean_of_sample((mask - calibration).square());
  std::vector<at::Tensor> rows;
  for (std::int64_t i = 0; i < mask.size(0); ++i) rows.push_back(binary_dice_and_cross_entropy(calibration[i], mask[i]));
  return at::stack(rows);
}

}  // namespace

StepTerms step_terms(Network& network, const diffusion::Process& process, diffusion::Objective objective,
                     const at::Tensor& image, const at::Tensor& mask, const at::Tensor& t, const at::Tensor& noise,
                     const at::Tensor& y, const std::string& calibration_loss) {
  const auto noised = process.noised(mask, t, noise);
  const auto answer = network.forward(at::cat({image, noised}, 1), process.told(t), y);
  const auto output = answer.output.to(at::kFloat);
  return {diffusion::training_terms(process, output, mask, noised, t, noise, objective),
          calibration_terms(answer.calibration.to(at::kFloat), mask, calibration_loss)};
}

void add_quarters(Losses& losses, const std::string& name, const at::Tensor& values, const at::Tensor& t, std::int64_t steps) {
  const auto quarter = at::floor_divide(t * 4, steps);
  for (std::int64_t q = 0; q < 4; ++q)
    if (const auto in = quarter == q; in.any().item<bool>())
      losses.emplace_back(name + "_q" + std::to_string(q), values.detach().masked_select(in).mean());
}

Losses Trainer::step(const StepInput& input, Context& context) {
  const Batch& batch = input["train"];
  const auto mask = masks_of(batch);
  const auto drawn = timesteps_->draw(context, batch.ids());
  const auto noise = context.draw("noise", batch.ids(), mask.sizes().slice(1));
  const auto y = model_.settings().class_cond ? batch["class"].to(at::kLong).flatten() : at::Tensor();
  const auto terms = step_terms(model_.network(), model_.process(), objective(model_.settings()), batch["image"], mask, drawn.t,
                                noise, y, settings_.calibration_loss);
  const auto counts = (drawn.t.remainder(settings_.calibration_every) == 0).to(at::kFloat) * settings_.calibration_weight;
  const auto loss = (terms.diffusion.loss * drawn.weight + counts * terms.calibration).mean();
  context.minimise("network", loss);
  timesteps_->update(drawn.t, terms.diffusion.loss);
  Losses losses{{"loss", terms.diffusion.loss.mean().detach()}, {"loss_cal", terms.calibration.mean().detach()}};
  if (terms.diffusion.mse.defined()) losses.emplace_back("loss_diff", terms.diffusion.mse.mean().detach());
  losses.emplace_back("vb", terms.diffusion.bound.mean().detach());
  if (settings_.log_quarters) {
    const auto steps = model_.process().steps();
    add_quarters(losses, "loss", terms.diffusion.loss, drawn.t, steps);
    add_quarters(losses, "loss_cal", terms.calibration, drawn.t, steps);
    if (terms.diffusion.mse.defined()) add_quarters(losses, "loss_diff", terms.diffusion.mse, drawn.t, steps);
    add_quarters(losses, "vb", terms.diffusion.bound, drawn.t, steps);
  }
  return losses;
}

std::optional<Score> Trainer::validate(Validation& validation, Context&) {
  auto sampler = model_.settings().sampler;
  sampler.sampler = settings_.validation_sampler;
  sampler.sampling_steps = std::min(settings_.validation_steps, model_.process().steps());
  sampler.timestep_respacing = "";
  sampler.members = settings_.validation_members;
  const SampleOtherwise otherwise(model_, sampler);
  return validation.by_metrics("val");
}

std::vector<std::string> Trainer::refresh_statistics(const StepInput& input) {
  const at::NoGradGuard no_grad;
  const auto& image = input["train"]["image"];
  if (model_.settings().version == "1") {
    throw Error(ErrorKind::configuration, "batch-norm statistics of V1 depend on the noised mask and cannot be estimated anew",
                "trainer medsegdiff", "leave batch_norm at running");
  }
  model_.network().highway().forward(image);
  return {"network"};
}

}  // namespace plexus::medsegdiff
