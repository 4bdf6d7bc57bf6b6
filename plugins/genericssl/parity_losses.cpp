// Parity subjects of losses, weights, pseudo-labels and schedules.
#include <torch/torch.h>
#include <plexus/nn/losses.hpp>
#include <plexus/nn/soft_dice.hpp>

#include "difficulty.hpp"
#include "losses.hpp"
#include "pseudo_label.hpp"
#include "subject.hpp"
#include "trainer.hpp"

namespace plexus::parity {
namespace {

at::Tensor weights_of(const Case& given) {
  if (!given.config.contains("weight") || given.config.at("weight").is_null()) return {};
  return torch::tensor(given.config.at("weight").get<std::vector<double>>(), at::kFloat);
}

// Labels come as [B, 1, …].
at::Tensor label_of(const Case& given, const std::string& role = "label") { return given.input(role).squeeze(1); }

Outcome soft_dice_case(const Case& given) {
  const auto pred = given.input("pred").clone().set_requires_grad(true);
  const SoftDiceSettings settings{
      .smooth = given.config.at("smooth"), .background = given.config.at("do_bg"), .over_batch = given.config.at("batch_dice")};
  auto dice = soft_dice(given.config.at("softmax").get<bool>() ? at::softmax(pred, 1) : pred, label_of(given), settings);
  Outcome outcome;
  if (!given.config.at("is_training").get<bool>()) {
    outcome.outputs["dice"] = dice.detach().flatten();
    return outcome;
  }
  if (const auto weights = weights_of(given); weights.defined())
    dice = dice * (settings.background ? weights : weights.slice(0, 1));
  const auto loss = -dice.mean();
  loss.backward();
  outcome.outputs = {{"dice", at::stack({loss.detach(), torch::zeros({})})}, {"grad", pred.grad()}};
  return outcome;
}

Outcome loss_case(const Case& given, const std::string& name) {
  const auto pred = given.input("pred").clone().set_requires_grad(true);
  const auto loss = genericssl::supervise(name, pred, label_of(given), weights_of(given));
  loss.total.backward();
  return {.outputs = {{"losses", at::stack({loss.total, loss.dice, loss.cross_entropy}).detach()}, {"grad", pred.grad()}},
          .steps = {},
          .parameters = {}};
}

// The authors' 2D training never uses it: the Dice loss meets logits where it expects probabilities.
Outcome dc_ce_2d(const Case& given) {
  const auto pred = given.input("pred").clone().set_requires_grad(true);
  const auto dice = dice_loss(pred, label_of(given)), ce = cross_entropy(pred, label_of(given));
  const auto total = ce + dice;
  total.backward();
  return {.outputs = {{"losses", at::stack({total, dice, ce}).detach()}, {"grad", pred.grad()}}, .steps = {}, .parameters = {}};
}

Outcome difficulty(const Case& given) {
  genericssl::Difficulty state(given.config.at("num_cls"), given.config.at("accumulate_iters"));
  Outcome outcome;
  for (int k = 0; k < given.config.at("calls").get<int>(); ++k) {
    const auto call = std::to_string(k);
    outcome.outputs["weights." + call] = state.update(given.input("pred." + call), label_of(given, "label." + call));
  }
  outcome.outputs.insert({{"last_dice", state.last()},
                          {"cls_learn", state.learnt()},
                          {"cls_unlearn", state.unlearnt()},
                          {"dice_weight", state.missing()}});
  return outcome;
}

Outcome smoothing(const Case& given) {
  return {.outputs = {{"y", genericssl::smoothed_by_3(given.input("x"))}}, .steps = {}, .parameters = {}};
}

Outcome pseudo_label(const Case& given) {
  const auto made = genericssl::pseudo_label(given.input("p_xi").clamp(-1, 1), given.input("p_psi"), given.input("gumbel"), 1);
  return {.outputs = {{"gumbel_softmax", made.xi},
                      {"smoothed", made.smoothed},
                      {"total", made.smoothed + made.psi},
                      {"label", made.label.unsqueeze(1)}},
          .steps = {},
          .parameters = {}};
}

Outcome epoch_schedule(const Case& given) {
  DataInfo info;
  info.labels.resize(2);
  genericssl::ModelSettings smallest;
  smallest.n_filters = 1;
  genericssl::Model model(smallest, info);
  genericssl::TrainerSettings settings;
  settings.max_epoch = given.config.at("max_epoch");
  settings.base_lr = given.config.at("base_lr");
  settings.mu = given.config.at("mu");
  if (!given.config.at("rampup_epoch").is_null())
    settings.rampup_epoch = static_cast<std::int64_t>(given.config.at("rampup_epoch").get<double>());
  const genericssl::Trainer trainer(settings, model, info);
  std::vector<double> lr, mu;
  for (std::int64_t epoch = 0; epoch < trainer.phases().front().epochs; ++epoch) {
    lr.push_back(settings.base_lr * trainer.rate(epoch));
    mu.push_back(trainer.unlabeled_weight(epoch));
  }
  return {.outputs = {{"lr", torch::tensor(lr, at::kDouble)}, {"mu", torch::tensor(mu, at::kDouble)}},
          .steps = {},
          .parameters = {}};
}

}  // namespace

void register_genericssl_parity_losses(Subjects& subjects) {
  subjects.add("genericssl.soft_dice", soft_dice_case);
  subjects.add("genericssl.dc_ce", [](const Case& given) { return loss_case(given, "ce+dice"); });
  subjects.add("genericssl.dc_ce_2d", dc_ce_2d);
  subjects.add("genericssl.ce", [](const Case& given) { return loss_case(given, "ce"); });
  subjects.add("genericssl.difficulty", difficulty);
  subjects.add("genericssl.gaussian_smoothing", smoothing);
  subjects.add("genericssl.pseudo_label", pseudo_label);
  subjects.add("genericssl.epoch_schedule", epoch_schedule);
}

}  // namespace plexus::parity
