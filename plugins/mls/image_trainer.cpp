#include "image_trainer.hpp"

#include <algorithm>

#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace plexus::mls {
namespace {

ImageModel& own_image_model(Model& model) {
  if (auto* own = dynamic_cast<ImageModel*>(&model)) return *own;
  throw Error(ErrorKind::configuration, "the trainer mls_image trains the model mls_image only", "trainer mls_image",
              "write `model: {plugin: mls_image}`");
}

// As published, gradients of micro-batches are added up: each row counts as one of its own micro-batch, not of the batch.
at::Tensor summed_means(const at::Tensor& losses, std::int64_t microbatch) {
  if (microbatch < 1 || microbatch >= losses.size(0)) return losses.mean();
  at::Tensor sum;
  for (const auto& piece : losses.split(microbatch)) sum = sum.defined() ? sum + piece.mean() : piece.mean();
  return sum;
}

}  // namespace

void ImageTrainerSettings::declare(Options& options) {
  options.add("lr", lr, "learning rate (AdamW)").range(0);
  options.add("weight_decay", weight_decay, "of AdamW, decoupled").range(0);
  options.add("batch_size", batch_size, "slices of a step").range(1);
  options
      .add("microbatch", microbatch,
           "rows whose mean loss is one of the sum that is stepped on, as the authors' flag; -1: the batch. To save memory, use "
           "the stage's micro_batches, which average")
      .range(-1);
  options.add("steps", steps, "length of the training, where lr_anneal_steps is 0").range(1).alias("max_steps");
  options.add("lr_anneal_steps", lr_anneal_steps, "length over which the rate falls to 0; 0: it stays").range(0);
  options
      .add("cases", cases, "subset of the data: all, or normal, the cases without shift (what makes the network conditional)")
      .one_of({"all", "normal"});
  options.add("schedule_sampler", schedule_sampler, "how diffusion steps are drawn").one_of({"uniform", "loss-second-moment"});
  options.add("use_kl", use_kl, "train on the variational bound alone");
  options.add("rescale_learned_sigmas", rescale_learned_sigmas, "weigh the bound by steps / 1000");
  turn.declare(options);
}

ImageTrainer::ImageTrainer(Settings settings, Model& model, const DataInfo& info)
    : settings_(std::move(settings)),
      model_(own_image_model(model)),
      sampler_(diffusion::timestep_sampler(settings_.schedule_sampler, model_.process().steps())) {
  if (info.dimensions != 2)
    throw Error(ErrorKind::configuration, "the model learns 2D slices, the data set gives volumes", "trainer mls_image");
}

std::vector<Phase> ImageTrainer::phases() const {
  const Draws draws{.subset = settings_.cases,
                    .count = settings_.batch_size,
                    .transforms = {std::make_shared<WindowSlice>(model_.settings().slices, false),
                                   std::make_shared<TurnSlice>(settings_.turn)}};
  const auto steps = settings_.lr_anneal_steps > 0 ? settings_.lr_anneal_steps : settings_.steps;
  return {{.name = "train", .steps = steps, .streams = {{"train", {draws}}}}};
}

double ImageTrainer::rate(std::int64_t step) const {
  if (settings_.lr_anneal_steps == 0) return 1;
  const auto done = static_cast<double>(std::max<std::int64_t>(step - 1, 0)) / static_cast<double>(settings_.lr_anneal_steps);
  return std::max(0.0, 1 - done);
}

std::vector<Optimizer> ImageTrainer::start(const Phase&, Context&) {
  auto adam = std::make_shared<torch::optim::AdamW>(
      model_.network().parameters(), torch::optim::AdamWOptions(settings_.lr).weight_decay(settings_.weight_decay));
  return {{.name = "image", .of = adam, .schedule = [this](std::int64_t step) { return rate(step); }}};
}

Losses ImageTrainer::step(const StepInput& input, Context& context) {
  const Batch& batch = input["train"];
  const auto& process = model_.process();
  const auto slice = batch["image"];
  const auto ids = batch.ids();
  const auto [t, weight] = sampler_->draw(context, ids);
  const auto noise = context.draw("noise", ids, slice.sizes().slice(1)).to(slice.scalar_type());
  const auto noised = process.noised(slice, t, noise);
  const auto answer = model_.network().forward(noised, process.told(t));
  const auto terms = diffusion::training_terms(process, answer, slice, noised, t, noise,
                                               objective(settings_.use_kl, settings_.rescale_learned_sigmas));
  sampler_->update(t, terms.loss.detach());
  const auto weighted = terms.loss * weight;
  context.minimise("image", summed_means(weighted, settings_.microbatch));
  Losses losses{{"loss", weighted.detach().mean()}};
  if (terms.mse.defined()) losses.emplace_back("mse", (terms.mse.detach() * weight).mean());
  if (terms.bound.defined()) losses.emplace_back("vb", (terms.bound.detach() * weight).mean());
  return losses;
}

std::optional<Score> ImageTrainer::validate(Validation&, Context&) { return std::nullopt; }

}  // namespace plexus::mls
