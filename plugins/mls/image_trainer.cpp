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

// Terms of all rows, [B].
struct Rows {
  std::vector<at::Tensor> loss, mse, bound;
  static void add(std::vector<at::Tensor>& rows, const at::Tensor& some) {
    if (some.defined()) rows.push_back(some.detach());
  }
};

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
  // As published, each micro-batch is a forward pass of its own, and their gradients are added up, not averaged.
  const auto rows = slice.size(0), size = settings_.microbatch < 1 ? rows : std::min(settings_.microbatch, rows);
  at::Tensor sum;
  Rows all;
  for (std::int64_t from = 0; from < rows; from += size) {
    const auto part = [&](const at::Tensor& x) { return x.slice(0, from, std::min(from + size, rows)); };
    const auto noised = process.noised(part(slice), part(t), part(noise));
    const auto answer = model_.network().forward(noised, process.told(part(t)));
    const auto terms = diffusion::training_terms(process, answer, part(slice), noised, part(t), part(noise),
                                                 objective(settings_.use_kl, settings_.rescale_learned_sigmas));
    const auto mean = (terms.loss * part(weight)).mean();
    sum = sum.defined() ? sum + mean : mean;
    Rows::add(all.loss, terms.loss);
    Rows::add(all.mse, terms.mse);
    Rows::add(all.bound, terms.bound);
  }
  const auto loss = at::cat(all.loss);
  sampler_->update(t, loss);
  context.minimise("image", sum);
  Losses losses{{"loss", (loss * weight).mean()}};
  if (!all.mse.empty()) losses.emplace_back("mse", (at::cat(all.mse) * weight).mean());
  if (!all.bound.empty()) losses.emplace_back("vb", (at::cat(all.bound) * weight).mean());
  return losses;
}

std::optional<Score> ImageTrainer::validate(Validation&, Context&) { return std::nullopt; }

}  // namespace plexus::mls
