// Parity subjects of networks, losses, pictures and figures.
#include <torch/torch.h>
#include <plexus/eval/overlap.hpp>
#include <plexus/eval/roc.hpp>
#include <plexus/nn/embedding.hpp>
#include <plexus/nn/losses.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/state_dict.hpp>

#include "losses.hpp"
#include "parity_support.hpp"
#include "pictures.hpp"
#include "segmenter.hpp"

namespace plexus::parity {
namespace {

at::Tensor row(const std::vector<double>& values) { return torch::tensor(values, at::kDouble); }

// Fills a network, or loads the case's checkpoint into it, and sets its mode.
Entries prepare(torch::nn::Module& network, const Case& given) {
  auto entries = fill_module(network);
  if (!given.checkpoint.empty())
    load_state_dict(network, original_state(read_torch_file(given.checkpoint), {}), given.checkpoint.string());
  network.train(given.train);
  return entries;
}

void add_buffers(const torch::nn::Module& network, Outcome& outcome) {
  for (const auto& item : network.named_buffers()) outcome.outputs[item.key()] = item.value();
}

Outcome condition_unet(const Case& given) {
  adaptdiff::SpadeUnet network(unet_settings(given.config));
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  outcome.outputs["eps_pred"] = network.forward(given.input("x_t"), given.input("t"), given.input("x_condition").to(at::kFloat));
  add_buffers(network, outcome);
  return outcome;
}

Outcome res_unet(const Case& given) {
  adaptdiff::ResUnet network(segmentation_settings(given.config));
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  const auto answer = network.forward(given.input("x"));
  outcome.outputs = {{"logits", answer.logits}, {"latent", answer.latent}};
  add_buffers(network, outcome);
  return outcome;
}

Outcome res_unet_alt(const Case& given) {
  adaptdiff::ResUnetAlt network(1, 2, given.config.at("down_channels"));
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  outcome.outputs["logits"] = network.forward(given.input("x"));
  return outcome;
}

Outcome spade(const Case& given) {
  Spade network(given.config.at("seg_nch"), given.config.at("output_nch"), given.config.at("embed_channels"));
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  const auto& x = given.input("x");
  outcome.outputs["y"] =
      Spade::apply(x, network.modulation(given.input("segmap").to(at::kFloat), x.size(2), x.size(3)));
  return outcome;
}

Outcome spade_residual_block(const Case& given) {
  SpadeBlock network(given.config.at("seg_nch"), given.config.at("input_nch"), given.config.at("output_nch"),
                     given.config.at("embed_channels"));
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  const auto& x = given.input("x");
  outcome.outputs["y"] = network.forward(x, network.modulations(given.input("segmap").to(at::kFloat), x.size(2), x.size(3)));
  return outcome;
}

Outcome residual_block(const Case& given) {
  adaptdiff::ResidualBlock network(given.config.at("input_nch"), given.config.at("output_nch"));
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  outcome.outputs["y"] = network.forward(given.input("x"));
  add_buffers(network, outcome);
  return outcome;
}

Outcome time_embedding(const Case& given) {
  return {{{"embedding", sinusoidal_embedding(given.input("t"), given.config.at("dim"), {.half_minus_one = true})}}, {}, {}};
}

Outcome losses(const Case& given) {
  const double smooth = given.config.at("smooth");
  const auto target = given.input("targets").to(at::kFloat);
  const auto with_gradient = [&](auto&& loss) {
    const auto inputs = given.input("inputs").clone().set_requires_grad(true);
    const auto value = loss(at::sigmoid(inputs));
    value.backward();
    return std::pair{value.detach(), inputs.grad()};
  };
  const auto dice = with_gradient([&](const at::Tensor& p) { return binary_dice_loss(p, target, smooth); });
  const auto both = with_gradient([&](const at::Tensor& p) { return binary_dice_and_cross_entropy(p, target, smooth); });
  const auto kld = kl_to_standard_normal(given.input("mu"), given.input("logvar"));
  return {{{"terms", at::stack({dice.first, both.first, kld})}, {"dice_grad", dice.second}, {"dice_bce_grad", both.second}}, {}, {}};
}

Outcome segmentation_loss(const Case& given) {
  const auto logits = given.input("logits").clone().set_requires_grad(true);
  const auto terms = adaptdiff::segmentation_terms(logits, given.input("label"), adaptdiff::OverlapOf::label);
  const auto sum = terms.cross_entropy + terms.overlap;
  sum.backward();
  return {{{"terms", at::stack({terms.cross_entropy, terms.overlap, sum}).detach()},
           {"grad", logits.grad()},
           {"pred_y", adaptdiff::vessel_map(logits.detach()).squeeze(1)}},
          {},
          {}};
}

Outcome metrics(const Case& given) {
  const auto counts = overlaps(given.input("prediction"), given.input("groundtruth"), {1}).front();
  const auto number = [](std::int64_t count) { return static_cast<double>(count); };
  return {{{"metrics", row({sensitivity(counts), precision(counts), accuracy(counts), specificity(counts), jaccard(counts), dice(counts)})},
           {"counts", row({number(counts.both), number(counts.neither), number(counts.prediction_only), number(counts.truth_only)})}},
          {},
          {}};
}

Outcome auc(const Case& given) {
  return {{{"auc", row({area_under_roc(given.input("score"), given.input("groundtruth")), 0})}}, {}, {}};
}

Outcome tensor_to_unit(const Case& given) { return {{{"y", adaptdiff::unit_plane(given.input("x"))}}, {}, {}}; }

Outcome frame_to_8bit(const Case& given) {
  const auto grey = adaptdiff::frame_8_bit(given.input("x"));
  return {{{"grey", grey}, {"saved", adaptdiff::saved_frame(grey)}}, {}, {}};
}

Outcome result_to_8bit(const Case& given) {
  const auto unit = adaptdiff::unit_plane(given.input("x")[0]);
  return {{{"rescaled", adaptdiff::stretched_to_255(unit)}, {"saved", adaptdiff::result_8_bit(unit)}}, {}, {}};
}

Outcome color_seg(const Case& given) {
  return {{{"rgb", adaptdiff::agreement_colours(given.input("pred"), given.input("gt"))}}, {}, {}};
}

}  // namespace

void register_adaptdiff_parity(Subjects& subjects) {
  subjects.add("adaptdiff.condition_unet", condition_unet);
  subjects.add("adaptdiff.res_unet", res_unet);
  subjects.add("adaptdiff.res_unet_alt", res_unet_alt);
  subjects.add("adaptdiff.spade", spade);
  subjects.add("adaptdiff.spade_residual_block", spade_residual_block);
  subjects.add("adaptdiff.residual_block", residual_block);
  subjects.add("adaptdiff.time_embedding", time_embedding);
  subjects.add("adaptdiff.losses", losses);
  subjects.add("adaptdiff.segmentation_loss", segmentation_loss);
  subjects.add("adaptdiff.metrics", metrics);
  subjects.add("adaptdiff.auc", auc);
  subjects.add("adaptdiff.tensor_to_unit", tensor_to_unit);
  subjects.add("adaptdiff.frame_to_8bit", frame_to_8bit);
  subjects.add("adaptdiff.result_to_8bit", result_to_8bit);
  subjects.add("adaptdiff.color_seg", color_seg);
}

}  // namespace plexus::parity
