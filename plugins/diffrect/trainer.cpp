#include "trainer.hpp"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/nn/losses.hpp>
#include <plexus/nn/ramps.hpp>

#include "labels.hpp"

namespace plexus::diffrect {
namespace {

Model& own_model(plexus::Model& model) {
  if (auto* own = dynamic_cast<Model*>(&model)) return *own;
  throw Error(ErrorKind::configuration, "the trainer diffrect trains the model diffrect only", "trainer diffrect",
              "write `model: {plugin: diffrect}`");
}

// Cross entropy and Dice, kept apart for the log.
struct Supervision {
  at::Tensor cross_entropy, dice;
  at::Tensor sum() const { return cross_entropy + dice; }
};

Supervision supervise(const at::Tensor& logits, const at::Tensor& probabilities, const at::Tensor& target) {
  return {cross_entropy(logits, target), dice_loss(probabilities, target)};
}

std::string problem(const TrainerSettings& s) {
  if (s.labeled_bs >= s.batch_size) return "labeled_bs must be smaller than batch_size: the rest of a batch is unlabelled";
  if (s.ref_consistency_weight < 0 && s.ref_consistency_weight != -1) return "ref_consistency_weight is -1 or not negative";
  return "";
}

}  // namespace

void TrainerSettings::declare(Options& options) {
  options.add("max_iterations", max_iterations, "Iterations; also the horizon of the learning rate.")
      .range(1)
      .unit("iterations");
  options.add("batch_size", batch_size, "Rows of a batch.").range(2);
  options.add("labeled_bs", labeled_bs, "Labelled rows among them, the first.").range(1);
  options.add("base_lr", base_lr, "First learning rate of both networks (SGD).").range(0).alias("lr");
  options.add("momentum", momentum, "Momentum of SGD.").range(0, 1);
  options.add("weight_decay", weight_decay, "Weight decay of SGD.").range(0);
  options.add("lr_power", lr_power, "The U-Net's rate is base_lr (1 - i / max_iterations)^lr_power.").range(0);
  options.add("lr_late", lr_late, "The rate of iteration k is that of i = k - 1, as published.");
  options.add("rectifier_lr", rectifier_lr, "The rectifier's rate: constant, as published, or falling as the U-Net's.")
      .one_of({"constant", "poly"});
  options
      .add("conf_thresh", conf_thresh,
           "A pixel keeps its class where (max - min) / max of its probabilities exceeds this; else it is background.")
      .range(0, 1);
  options.add("consistency", consistency, "Weight of the unsupervised terms after the ramp.").range(0);
  options.add("consistency_rampup", consistency_rampup, "Length of the ramp in units of ramp_steps; 0: none.").range(0);
  options.add("ramp_steps", ramp_steps, "Iterations that count as one in the ramp.").range(1).unit("iterations");
  options
      .add("ramp_scale", ramp_scale,
           "published: the ramp lasts ramp_steps x consistency_rampup iterations whatever the budget; budget: it ends with the "
           "training.")
      .one_of({"published", "budget"});
  options
      .add("ref_consistency_weight", ref_consistency_weight,
           "Weight of the rectifier's unsupervised terms; -1: that of the U-Net's.")
      .range(-1);
  options.add("refine_start", refine_start, "The rectifier's labels teach the U-Net in iterations (from 0) beyond this one.")
      .range(-1)
      .unit("iterations");
  options
      .add("rectifier_mode", rectifier_mode,
           "Mode of the rectifier when it makes labels: train (dropout, batch statistics), as published, or eval.")
      .one_of({"train", "eval"});
  options.add("eight_bit", eight_bit, "Training images pass through 8 bits, as published; false: they stay real numbers.");
  augment.declare(options);
  const auto* idle = "the published code reads this option and makes no use of it";
  options.add("ema_decay", ema_decay, "No effect.").deprecated(idle).no_effect();
  options.add("consistency_type", consistency_type, "No effect.").deprecated(idle).no_effect();
  options.add("base_chn_rf", base_chn_rf, "No effect.").deprecated(idle).no_effect();
  const std::vector<std::pair<std::string, std::string>> published{{"max_iterations", "30000"}, {"batch_size", "6"},
                                                                   {"labeled_bs", "3"},         {"base_lr", "0.01"},
                                                                   {"refine_start", "1000"},    {"ramp_scale", "published"}};
  options.preset("reference", "what the published code does", published);
  options.preset("smoke", "a few steps of each kind, for tests",
                 {{"max_iterations", "60"}, {"batch_size", "4"}, {"labeled_bs", "2"}, {"ramp_scale", "budget"}, {"refine_start", "20"}});
  options.preset("acdc", "as published; data with labeled_num 1, 3 or 7", published);
  options.preset("mscmrseg19", "as published; data with labeled_num 7, two splits", published);
  options.preset("task05", "as published; data with labeled_num 2, two splits", published);
  options.rule([this] { return problem(*this); });
}

Trainer::Trainer(Settings settings, plexus::Model& model, const DataInfo& info)
    : settings_(std::move(settings)), model_(own_model(model)) {
  if (const auto wrong = problem(settings_); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, "trainer diffrect");
  if (info.dimensions != 2) {
    throw Error(ErrorKind::configuration, "DiffRect trains on 2D slices, the data set gives volumes", "trainer diffrect",
                "ask the data set for slices");
  }
}

std::vector<Phase> Trainer::phases() const {
  std::vector<std::shared_ptr<const Transform>> augmentation{
      std::make_shared<PrepareSlice>(PrepareSettings{model_.settings().patch_size, settings_.eight_bit}),
      std::make_shared<AugmentSlice>(settings_.augment)};
  const Stream train{"train",
                     {{.subset = "labeled", .count = settings_.labeled_bs, .transforms = augmentation},
                      {.subset = "unlabeled",
                       .count = settings_.batch_size - settings_.labeled_bs,
                       .order = Draws::Order::cycled,
                       .transforms = augmentation}}};
  return {{.name = "train", .steps = settings_.max_iterations, .streams = {train}}};
}

double Trainer::rate(std::int64_t iteration, std::int64_t steps) const {
  const auto i = settings_.lr_late ? std::max<std::int64_t>(iteration - 1, 0) : iteration;
  const double done = std::min(1.0, static_cast<double>(i) / static_cast<double>(steps));
  return std::pow(1 - done, settings_.lr_power);
}

double Trainer::consistency_weight(std::int64_t iteration, std::int64_t steps) const {
  const double published = static_cast<double>(settings_.ramp_steps) * settings_.consistency_rampup;
  const double scale = settings_.ramp_scale == "budget" ? published / static_cast<double>(steps) : 1;
  const double units = std::floor(static_cast<double>(iteration) * scale / static_cast<double>(settings_.ramp_steps));
  return settings_.consistency * sigmoid_ramp(units, settings_.consistency_rampup);
}

std::vector<Optimizer> Trainer::start(const Phase& phase, Context&) {
  const auto sgd = [this](torch::nn::Module& network) {
    return std::make_shared<torch::optim::SGD>(
        network.parameters(),
        torch::optim::SGDOptions(settings_.base_lr).momentum(settings_.momentum).weight_decay(settings_.weight_decay));
  };
  const Schedule falling = [this, steps = phase.steps](std::int64_t step) { return rate(step, steps); };
  return {{.name = "unet", .of = sgd(model_.unet()), .schedule = falling},
          {.name = "rectifier",
           .of = sgd(model_.rectifier()),
           .schedule = settings_.rectifier_lr == "poly" ? falling : Schedule()}};
}

// Labelled rows stand first; truth [labeled, H, W] is theirs.
struct Trainer::Views {
  std::vector<std::string> ids;
  std::int64_t labeled;
  at::Tensor weak_image, strong_image, truth;
  at::Tensor weak_logits, strong_logits, weak, strong;  // probabilities
  at::Tensor weak_label, strong_label;                  // pseudo-labels of all rows

  at::Tensor known(const at::Tensor& rows) const { return rows.slice(0, 0, labeled); }
  at::Tensor unknown(const at::Tensor& rows) const { return rows.slice(0, labeled); }
};

at::Tensor Trainer::paint(const at::Tensor& labels, const at::Tensor& like) const {
  return paint_labels(labels, model_.classes(), like.options());
}

at::Tensor Trainer::wrongness(const at::Tensor& first, const at::Tensor& second, std::int64_t rows) const {
  return (hard_dice_loss(first, second, model_.classes()) * 999).expand({rows});
}

// Weak and strong views are forwarded apart: batch normalisation sees each by itself.
Trainer::Views Trainer::look(const Batch& batch) {
  Views views;
  views.ids = batch.ids();
  views.labeled = batch.parts.empty() ? settings_.labeled_bs : batch.parts.front();
  views.weak_image = batch["image_weak"];
  views.strong_image = batch["image_strong"];
  views.truth = views.known(batch["label"]).to(at::kLong);
  views.weak_logits = model_.logits(views.weak_image);
  views.strong_logits = model_.logits(views.strong_image);
  views.weak = at::softmax(views.weak_logits, 1);
  views.strong = at::softmax(views.strong_logits, 1);
  views.weak_label = pseudo_labels(views.weak, settings_.conf_thresh);
  views.strong_label = pseudo_labels(views.strong, settings_.conf_thresh);
  return views;
}

// Supervised loss on the truth, and strong views of unlabelled rows on the pseudo-labels of their weak views.
void Trainer::train_segmenter(const Views& v, double weight, Context& context, Losses& losses) {
  const auto supervised = supervise(v.known(v.weak_logits), v.known(v.weak), v.truth).sum();
  const auto consistent = supervise(v.unknown(v.strong_logits), v.unknown(v.strong), v.unknown(v.weak_label)).sum();
  const auto unlikely = complementary_loss(v.weak, v.strong);
  // As published, the complementary loss meets its weight a second time.
  const auto unsupervised = consistent + unlikely.weight * unlikely.loss;
  const auto loss = supervised + weight * unsupervised;
  context.minimise("unet", loss);
  losses.insert(losses.end(), {{"sup_loss", supervised.detach()},
                               {"unsup_loss", unsupervised.detach()},
                               {"comp_loss", unlikely.loss.detach()},
                               {"as_weight", unlikely.weight.detach()},
                               {"loss", loss.detach()}});
}

// Latent feature rectification, learnt twice: from pseudo-labels of the weak view to the truth, and from those of the strong
// view to those of the weak one. As published, in the second call the good labels of labelled rows are pseudo-labels too.
void Trainer::train_rectifier(const Views& v, double weight, Context& context, Losses& losses) {
  auto& rectifier = model_.rectifier();
  const auto rows = v.weak_image.size(0);
  const auto shape = rectifier.latent_shape(v.weak_image);
  const auto noise = [&](std::string_view purpose) {
    return context.draw(purpose, v.ids, shape).to(v.weak_image.scalar_type());
  };
  const auto step = [&](std::string_view purpose) {
    return context.draw(purpose, v.ids, {}, Distribution::integer(0, rectifier.steps()));
  };
  const auto weak_paint = paint(v.weak_label, v.weak_image);
  const auto better = at::cat({paint(v.truth, v.weak_image), v.unknown(weak_paint)});

  const auto t = wrongness(v.known(v.weak_label), v.truth, rows);
  const auto first = rectifier.train_step(weak_paint, t, v.weak_image, better, noise("noise_sup"), step("t_sup"));
  const auto first_probabilities = at::softmax(first.logits, 1);
  const auto rectified = pseudo_labels(first_probabilities, settings_.conf_thresh);

  const auto t2 = wrongness(v.unknown(v.strong_label), v.unknown(rectified), rows);
  const auto second = rectifier.train_step(paint(v.strong_label, v.strong_image), t2, v.strong_image, weak_paint,
                                           noise("noise_unsup"), step("t_unsup"));
  const auto second_probabilities = at::softmax(second.logits, 1);

  const auto to_truth = supervise(v.known(first.logits), v.known(first_probabilities), v.truth);
  const auto to_rectified = supervise(v.unknown(second.logits), v.unknown(second_probabilities), v.unknown(rectified));
  const auto unlikely = complementary_loss(first_probabilities, second_probabilities);
  const auto supervised = to_truth.sum();
  const auto unsupervised = to_rectified.sum() + unlikely.weight * unlikely.loss;
  const auto loss = supervised + first.latent_loss + weight * (unsupervised + second.latent_loss);
  context.minimise("rectifier", loss);
  losses.insert(losses.end(), {{"sup_loss_cedice", supervised.detach()},
                               {"lat_loss_sup", first.latent_loss.detach()},
                               {"unsup_loss_cedice", unsupervised.detach()},
                               {"lat_loss_unsup", second.latent_loss.detach()},
                               {"ref_comp_loss", unlikely.loss.detach()},
                               {"ref_as_weight", unlikely.weight.detach()},
                               {"refine_loss", loss.detach()},
                               {"t", t[0]},
                               {"t2", t2[0]}});
}

// The updated U-Net learns the rectifier's version of its own earlier pseudo-labels.
void Trainer::train_on_rectified(const Views& v, Context& context, Losses& losses) {
  auto& rectifier = model_.rectifier();
  const auto t = wrongness(v.known(v.weak_label), v.truth, v.weak_image.size(0));
  const auto noise = context.draw("noise_sample", v.ids, rectifier.latent_shape(v.weak_image)).to(v.weak_image.scalar_type());
  const bool training = rectifier.is_training();
  if (settings_.rectifier_mode == "eval") rectifier.eval();
  const auto logits = rectifier.sample(paint(v.weak_label, v.weak_image), t, v.weak_image, noise);
  rectifier.train(training);
  const auto target = v.unknown(pseudo_labels(at::softmax(logits, 1), settings_.conf_thresh));

  const auto again = v.unknown(model_.logits(v.weak_image));
  const auto loss = cross_entropy_and_dice(again, target);
  context.minimise("unet", loss);
  losses.emplace_back("unsup_label_rect_loss", loss.detach());
}

Losses Trainer::step(const StepInput& input, Context& context) {
  const double weight = consistency_weight(input.step(), input.steps());
  const double refine_weight = settings_.ref_consistency_weight == -1 ? weight : settings_.ref_consistency_weight;
  const bool rectify = input.step() > settings_.refine_start;
  Losses losses{{"consistency_weight", at::scalar_tensor(weight)}, {"rectified", at::scalar_tensor(rectify ? 1.0 : 0.0)}};
  const auto views = look(input["train"]);
  train_segmenter(views, weight, context, losses);
  train_rectifier(views, refine_weight, context, losses);
  if (rectify) train_on_rectified(views, context, losses);
  return losses;
}

std::vector<std::string> Trainer::refresh_statistics(const StepInput& input) {
  const at::NoGradGuard no_grad;
  model_.logits(input["train"]["image_weak"]);
  return {"unet"};
}

}  // namespace plexus::diffrect
