#include "trainer.hpp"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/data/patch.hpp>
#include <plexus/data/transforms/builtin.hpp>
#include <plexus/data/transforms/fields.hpp>
#include <plexus/nn/ramps.hpp>
#include <plexus/train/amp.hpp>
#include <plexus/train/optimizers.hpp>

#include "losses.hpp"
#include "pseudo_label.hpp"
#include "theta.hpp"

namespace plexus::genericssl {
namespace {

Model& own_model(plexus::Model& model) {
  if (auto* own = dynamic_cast<Model*>(&model)) return *own;
  throw Error(ErrorKind::configuration, "the trainer genericssl trains the model genericssl only", "trainer genericssl",
              "write `model: {plugin: genericssl}`");
}

Node sizes(const std::vector<std::int64_t>& values) {
  std::vector<Node> items;
  for (const auto value : values) items.push_back(Node::scalar(std::to_string(value)));
  return Node::list(std::move(items));
}

// Unlabelled images are augmented without the empty label that data sets give them.
class WithoutLabel final : public Transform {
 public:
  void apply(Sample& sample, Rng&) const override { sample.fields.erase("label"); }
  bool deterministic() const override { return true; }
};

// Labels [B, …] as +1 where a class is and -1 where not: [B, K, …].
at::Tensor as_signal(const at::Tensor& label, std::int64_t classes) {
  auto shape = label.sizes().vec();
  shape.insert(shape.begin() + 1, classes);
  return torch::full(shape, -1.0, label.options().dtype(at::kFloat)).scatter_(1, label.unsqueeze(1), 1.0);
}

at::Tensor share_of(const at::Tensor& voxels) { return voxels.to(at::kFloat).mean(); }

}  // namespace

Trainer::Trainer(Settings settings, plexus::Model& model, const DataInfo& info)
    : settings_(std::move(settings)),
      model_(own_model(model)),
      labels_(info.labels),
      difficulty_(model_.classes(), settings_.accumulate_iters) {
  if (info.dimensions != model_.settings().dimensions()) {
    throw Error(ErrorKind::configuration,
                "the network is " + std::to_string(model_.settings().dimensions()) + "D, the training samples are " +
                    std::to_string(info.dimensions) + "D",
                "trainer genericssl", "give patch_size as many numbers as samples have axes");
  }
}

// Two streams walked in lock-step; the shorter subset is taken over and over.
std::vector<Phase> Trainer::phases() const {
  const auto patch = make_transform("random_patch", Node::map({{"size", sizes(model_.settings().patch_size)}}));
  const auto strong =
      make_transform("strong_augment", Node::map({{"picks", Node::scalar(std::to_string(settings_.picks))},
                                                  {"probability", Node::scalar(std::to_string(settings_.probability))}}));
  const auto draws = [&](const std::string& subset, std::vector<std::shared_ptr<const Transform>> transforms) {
    return Stream{subset,
                  {{.subset = subset,
                    .count = settings_.batch_size,
                    .transforms = std::move(transforms),
                    .as_long_as = {"labeled", "unlabeled"}}}};
  };
  return {
      {.name = "train",
       .epochs = settings_.max_epoch + 1,
       .streams = {draws("labeled", {patch, strong}), draws("unlabeled", {std::make_shared<WithoutLabel>(), patch, strong})}}};
}

std::int64_t Trainer::told(std::int64_t epoch) const { return settings_.late ? std::max<std::int64_t>(epoch - 1, 0) : epoch; }

double Trainer::rate(std::int64_t epoch) const {
  const double done = static_cast<double>(told(epoch)) / static_cast<double>(settings_.max_epoch);
  return std::pow(std::max(1 - done, 0.0), settings_.lr_power);
}

double Trainer::unlabeled_weight(std::int64_t epoch) const {
  if (!settings_.mu_rampup) return settings_.mu;
  const auto length = settings_.rampup_epoch > 0 ? settings_.rampup_epoch : settings_.max_epoch;
  return settings_.mu * sigmoid_ramp(static_cast<double>(told(epoch)), static_cast<double>(length));
}

std::vector<Optimizer> Trainer::start(const Phase&, Context&) {
  const OptimizerOptions sgd{.optimizer = "sgd",
                             .lr = settings_.base_lr,
                             .weight_decay = settings_.weight_decay,
                             .momentum = settings_.momentum,
                             .nesterov = settings_.nesterov};
  return {{.name = "diffvnet", .of = sgd.make(model_.network().parameters()), .by_epoch = [this](std::int64_t epoch) {
             return rate(epoch);
           }}};
}

// What the decoders say of unlabelled images: pseudo-labels without gradient, and theta's logits.
struct Trainer::Unlabeled {
  PseudoLabel pseudo;
  at::Tensor x0, theta;
};

Trainer::Unlabeled Trainer::look(const Batch& batch, Context& context) {
  auto& network = model_.network();
  const auto& image = batch["image"];
  auto shape = image.sizes().slice(1).vec();
  shape[0] = model_.classes();
  const auto ids = batch.ids();
  Unlabeled made;
  Features shared;
  at::Tensor psi;
  // As published, dropout is on and batch statistics are used and updated while pseudo-labels are made.
  const bool training = network.is_training();
  if (settings_.sampler_mode == "eval") network.eval();
  made.x0 = network.sample(image, context.draw("ddim_noise", ids, shape));
  if (settings_.share_encoder) {
    network.train(training);
    shared = network.features(image);
  }
  {
    const at::NoGradGuard no_grad;
    psi = settings_.share_encoder ? network.psi_decoder().forward(shared) : network.psi(image);
  }
  network.train(training);
  const auto gumbel =
      settings_.gumbel ? gumbel_noise(context.draw("gumbel", ids, shape, Distribution::uniform())) : at::Tensor();
  made.pseudo = pseudo_label(made.x0, psi, gumbel, settings_.temperature);
  made.theta = settings_.share_encoder ? network.theta_decoder().forward(shared) : network.theta(image);
  return made;
}

Losses Trainer::step(const StepInput& input, Context& context) {
  auto& network = model_.network();
  // Once a step, of however many pieces it is made.
  if (input.step() != averaged_) average_theta(network, settings_.ema_w);
  averaged_ = input.step();

  const Batch& labeled = input["labeled"];
  const auto& image = labeled["image"];
  const auto label = labeled["label"].to(at::kLong);
  const auto x0 = as_signal(label, model_.classes());
  const auto t = context.draw("t", labeled.ids(), {}, Distribution::integer(0, network.process().steps()));
  const auto xt = network.process().noised(x0, t, context.draw("q_noise", labeled.ids(), x0.sizes().slice(1)));

  const auto xi = network.denoise(xt, t, image), psi = network.psi(image);
  const auto denoising = supervise(settings_.sup_loss, xi, label);
  const auto weights = difficulty_.update(xi.detach(), label);
  const auto supervised = supervise(settings_.sup_loss, psi, label, weights);

  const auto unlabeled = look(input["unlabeled"], context);
  if (watch_) watch_(unlabeled.pseudo);
  const auto consistent = supervise(settings_.unsup_loss, unlabeled.theta, unlabeled.pseudo.label);

  const double mu = unlabeled_weight(input.epoch());
  const auto loss = denoising.total + supervised.total + mu * consistent.total;
  context.minimise("diffvnet", loss);

  Losses losses{{"loss", loss.detach()},
                {"deno", denoising.total.detach()},
                {"diff", supervised.total.detach()},
                {"unsup", consistent.total.detach()},
                {"mu", at::scalar_tensor(mu)},
                {"pseudo/foreground", share_of(unlabeled.pseudo.label > 0)},
                {"pseudo/xi_agrees_with_psi", share_of(unlabeled.x0.argmax(1) == unlabeled.pseudo.psi.argmax(1))}};
  for (std::int64_t k = 0; k < model_.classes(); ++k)
    losses.emplace_back("class_weights/" + labels_[static_cast<std::size_t>(k)].name, weights[k]);
  return losses;
}

std::optional<Score> Trainer::validate(Validation& validation, Context& context) {
  if (settings_.validation == "windows") return validation.by_metrics("val");
  const NoAutocast full_precision(context.device());
  const auto& patch = model_.settings().patch_size;
  at::Tensor sum;
  std::int64_t cases = 0;
  validation.each("val", [&](const Batch& batch) {
    Sample sample;
    sample.fields = {{"image", batch["image"][0]}, {"label", batch["label"][0]}};
    const auto size = sample.fields.at("label").sizes().vec();
    if (size.size() != patch.size())
      throw Error(ErrorKind::configuration, "a 2D network has no middle patch of a volume", batch.of.front().id,
                  "set validation: windows");
    transforms::cut(sample, middle_patch(size, patch), patch);
    const auto label = model_.network().theta(sample.fields.at("image").unsqueeze(0)).argmax(1);
    const auto dice = hard_dice(label, sample.fields.at("label").unsqueeze(0), model_.classes()).cpu();
    sum = sum.defined() ? sum + dice : dice;
    ++cases;
  });
  if (cases == 0) return std::nullopt;
  const auto dice = sum.slice(0, 1) / static_cast<double>(cases);
  Score score{dice.mean().item<double>(), {}};
  score.details.emplace_back("centre_dice", score.value);
  for (std::int64_t k = 1; k < model_.classes(); ++k)
    score.details.emplace_back("centre_dice/" + labels_[static_cast<std::size_t>(k)].name, dice[k - 1].item<double>());
  return score;
}

// Of the images that theta is trained on.
std::vector<std::string> Trainer::refresh_statistics(const StepInput& input) {
  const at::NoGradGuard no_grad;
  model_.network().theta(input["unlabeled"]["image"]);
  return {"diffvnet"};
}

}  // namespace plexus::genericssl
