// Parity subjects of labels, losses, diffusion and networks.
#include <numeric>
#include <span>

#include <torch/torch.h>
#include <plexus/data/order.hpp>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>
#include <plexus/nn/embedding.hpp>
#include <plexus/nn/losses.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/nn/unet.hpp>
#include <plexus/train/checkpoint_optimizer.hpp>

#include "labeled_slices.hpp"
#include "labels.hpp"
#include "rectifier.hpp"
#include "subject.hpp"

namespace plexus::parity {
namespace {

using diffusion::Process;

at::Tensor row(const std::vector<double>& values) { return torch::tensor(values, at::kDouble); }

// A scalar as the cases write it: [value, 0].
at::Tensor relative(const at::Tensor& scalar) { return at::stack({scalar.to(at::kDouble), torch::zeros({}, at::kDouble)}); }

// Networks are filled in float32 and then widened.
Entries prepare(torch::nn::Module& network, const Case& given) {
  auto entries = fill_module(network);
  convert(network, given.dtype());
  network.train(given.train);
  return entries;
}

// Adds the "after:" buffers and "grad:" parameters of a network; gradients only where a backward pass was made.
void add_state(const torch::nn::Module& network, Outcome& outcome) {
  for (const auto& item : network.named_buffers()) outcome.outputs["after:" + item.key()] = item.value();
  for (const auto& item : network.named_parameters()) {
    if (item.value().grad().defined()) outcome.outputs["grad:" + item.key()] = item.value().grad();
  }
}

Outcome unet2d(const Case& given) {
  UNetSettings settings{.in_channels = given.config.at("in_channels"), .classes = given.config.at("classes")};
  settings.widths = given.option("feature_channels", settings.widths);
  settings.dropout.assign(settings.widths.size(), 0.0);
  UNet2d network(settings);
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  if (!given.checkpoint.empty()) {
    const Original original{.network = "unet", .containers = {"state_dict"}};
    load_state_dict(network, original_state(read_torch_file(given.checkpoint), original), given.checkpoint.string());
  }
  const auto logits = network.forward(given.input("image").to(given.dtype()));
  if (given.has_input("cotangent")) (logits * given.input("cotangent").to(given.dtype())).mean().backward();
  outcome.outputs["logits"] = logits;
  add_state(network, outcome);
  return outcome;
}

Outcome rectifier(const Case& given) {
  diffrect::Rectifier network({.image_channels = given.config.at("in_channels").get<std::int64_t>() - 3,
                               .classes = given.config.at("classes"),
                               .dropout = {0, 0, 0, 0, 0},
                               .method = given.config.at("ldm_method"),
                               .schedule = given.config.at("beta_schedule"),
                               .steps = given.config.at("ts"),
                               .sample_steps = given.config.at("ts_sample")});
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  const auto real = [&](const char* role) { return given.input(role).to(given.dtype()); };
  auto& outputs = outcome.outputs;
  if (given.config.at("phase") == "sample") {
    std::vector<std::pair<at::Tensor, at::Tensor>> steps;
    outputs["logits"] = network.sample(real("label_rgb"), given.input("t"), real("image"), real("noise"),
                                       [&](const at::Tensor& x, const at::Tensor& answer) { steps.emplace_back(x, answer); });
    outputs["first_prediction"] = steps.front().second;
    outputs["last_input"] = steps.back().first;
    outputs["last_prediction"] = steps.back().second;
    return outcome;
  }
  const auto trained = network.train_step(real("label_rgb"), given.input("t"), real("image"), real("good_rgb"), real("noise"),
                                          given.input("t_latent"));
  if (given.dtype() == at::kDouble) (trained.latent_loss + trained.logits.mean()).backward();
  outputs["logits"] = trained.logits;
  outputs["lat_loss"] = relative(trained.latent_loss);
  outputs["x_t"] = trained.noised;
  outputs["pred_xstart"] = trained.denoised;
  add_state(network, outcome);
  return outcome;
}

Outcome rect_encoder(const Case& given) {
  diffrect::TimedEncoder network(given.config.at("in_channels"), {16, 32, 64, 128, 256}, {0, 0, 0, 0, 0});
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  std::vector<at::Tensor> added;
  for (int k = 0; k < 5; ++k) added.push_back(given.input("embedding" + std::to_string(k)));
  const auto features = network.forward(given.input("x"), given.input("temb"), added);
  for (std::size_t k = 0; k < features.size(); ++k) outcome.outputs["feature" + std::to_string(k)] = features[k];
  if (!given.train) {
    outcome.outputs["feature4_without_embeddings"] = network.forward(given.input("x"), given.input("temb")).back();
  }
  return outcome;
}

Outcome denoiser(const Case& given) {
  diffrect::LatentDenoiser network(256);
  Outcome outcome;
  outcome.parameters[""] = prepare(network, given);
  outcome.outputs["y"] = network.forward(given.input("x"), given.input("t"), given.input("condition"));
  return outcome;
}

Outcome timestep_embedding(const Case& given) {
  const auto embedding = sinusoidal_embedding(given.input("t"), given.config.at("dim"), {.half_minus_one = true});
  return {.outputs = {{"embedding", embedding}}, .steps = {}, .parameters = {}};
}

Process full_process(const Case& given) {
  const std::string schedule = given.config.at("beta_schedule");
  return {diffusion::betas(schedule, given.config.at("ts")), diffusion::Predicts::start};
}

Process sampling_process(const Case& given) {
  const auto process = full_process(given);
  return diffusion::respaced(process, diffusion::evenly_kept(process.steps(), given.config.at("ts_sample")));
}

Outcome schedule(const Case& given) {
  const auto process = full_process(given), sampling = sampling_process(given);
  Outcome outcome;
  auto& outputs = outcome.outputs;
  outputs["betas"] = row(process.beta());
  outputs["alphas_cumprod"] = row(process.alpha_bar());
  outputs["timestep_map"] = torch::tensor(sampling.original(), at::kLong);
  outputs["sample_betas"] = row(sampling.beta());
  const auto alpha_bar = row(sampling.alpha_bar());
  std::vector<double> before;
  for (std::int64_t i = 0; i < sampling.steps(); ++i) before.push_back(sampling.alpha_bar_before(i));
  outputs["sample_alphas_cumprod"] = alpha_bar;
  outputs["sample_alphas_cumprod_prev"] = row(before);
  outputs["sample_sqrt_recip_alphas_cumprod"] = (1 / alpha_bar).sqrt();
  outputs["sample_sqrt_recipm1_alphas_cumprod"] = (1 / alpha_bar - 1).sqrt();
  return outcome;
}

Outcome q_sample(const Case& given) {
  const auto x_t = full_process(given).noised(given.input("x_start"), given.input("t"), given.input("noise"));
  return {.outputs = {{"x_t", x_t}}, .steps = {}, .parameters = {}};
}

Outcome ddim_step(const Case& given) {
  const auto process = sampling_process(given);
  const std::int64_t index = given.config.at("index");
  const auto answer = given.input("model_output") * given.config.at("scale").get<double>();
  const auto step =
      diffusion::ddim_step(process, answer, given.input("x"), index, {.clip = diffusion::DdimSettings::Clip::start});
  const auto told = torch::tensor({process.original(index)}, at::kLong);
  return {.outputs = {{"pred_xstart", step.start}, {"sample", step.sample}, {"model_t", told}}, .steps = {}, .parameters = {}};
}

Outcome dice(const Case& given) {
  Outcome outcome;
  if (given.config.at("input") == "labels") {
    outcome.outputs["loss"] = relative(hard_dice_loss(given.input("label"), given.input("target"), given.config.at("classes")));
    return outcome;
  }
  const auto logits = given.input("logits").clone().set_requires_grad(true);
  const auto loss = dice_loss(at::softmax(logits, 1), given.input("target"));
  loss.backward();
  outcome.outputs = {{"loss", relative(loss.detach())}, {"grad_logits", logits.grad()}};
  return outcome;
}

Outcome ce_dice(const Case& given) {
  const auto logits = given.input("logits").clone().set_requires_grad(true);
  const auto& target = given.input("target");
  const auto ce = cross_entropy(logits, target), overlap = dice_loss(at::softmax(logits, 1), target);
  const auto sum = cross_entropy_and_dice(logits, target);
  sum.backward();
  return {.outputs = {{"terms", at::stack({ce, overlap, sum}).detach()}, {"grad_logits", logits.grad()}},
          .steps = {},
          .parameters = {}};
}

Outcome comp_loss(const Case& given) {
  const auto strong = given.input("strong_logits").clone().set_requires_grad(true);
  const auto unlikely = complementary_loss(at::softmax(given.input("weak_logits"), 1), at::softmax(strong, 1));
  const auto objective = unlikely.weight * unlikely.loss;
  objective.backward();
  const auto terms = at::stack({unlikely.loss, unlikely.weight, objective, at::zeros_like(objective)}).detach();
  return {.outputs = {{"terms", terms}, {"grad_strong_logits", strong.grad()}}, .steps = {}, .parameters = {}};
}

Outcome pseudo_label(const Case& given) {
  const auto probabilities = at::softmax(given.input("logits"), 1);
  const double threshold = given.config.at("conf_thresh");
  const auto label = diffrect::pseudo_labels(probabilities, threshold);
  return {.outputs = {{"label", label},
                      {"kept", diffrect::confident(probabilities, threshold)},
                      {"counts", label.flatten().bincount({}, given.config.at("classes").get<std::int64_t>())}},
          .steps = {},
          .parameters = {}};
}

Outcome label_rgb(const Case& given) {
  const auto rgb = diffrect::paint_labels(given.input("label"), given.config.at("classes"), at::kFloat);
  return {.outputs = {{"rgb", rgb}}, .steps = {}, .parameters = {}};
}

Outcome labeled_slices(const Case& given) {
  std::vector<double> slices;
  for (const auto& entry : given.config.at("rows")) {
    slices.push_back(static_cast<double>(diffrect::labeled_slices(entry[0].get<std::string>(), entry[1].get<std::int64_t>())));
  }
  return {.outputs = {{"slices", row(slices)}}, .steps = {}, .parameters = {}};
}

Outcome batches(const Case& given) {
  const auto numbers = [](const at::Tensor& all) {
    const auto flat = all.contiguous();
    return std::vector<std::int64_t>(flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel());
  };
  const auto primary = numbers(given.input("primary_permutation"));
  std::vector<std::vector<std::int64_t>> secondary;
  for (const auto& permutation : given.input("secondary_permutations").unbind(0)) secondary.push_back(numbers(permutation));
  std::vector<at::Tensor> rows;
  for (const auto& batch :
       two_stream_batches(primary, secondary, given.config.at("batch_size"), given.config.at("labeled_bs"))) {
    rows.push_back(torch::tensor(batch, at::kLong));
  }
  return {.outputs = {{"batches", at::stack(rows)}}, .steps = {}, .parameters = {}};
}

Outcome checkpoint_optimizer(const Case& given) {
  const auto progress = original_progress(read_torch_file(given.checkpoint));
  Outcome outcome;
  for (const auto& [index, buffer] : progress.momentum) outcome.outputs["momentum:" + std::to_string(index)] = buffer;
  const auto& group = progress.groups.at(0);
  outcome.outputs["group"] = row({group.at("lr"), group.at("momentum"), group.at("weight_decay")});
  outcome.outputs["epoch_and_loss"] = row({static_cast<double>(progress.epoch.value()), progress.loss.value()});
  return outcome;
}

}  // namespace

void register_diffrect_parity(Subjects& subjects) {
  subjects.add("diffrect.unet2d", unet2d);
  subjects.add("diffrect.rectifier", rectifier);
  subjects.add("diffrect.rect_encoder", rect_encoder);
  subjects.add("diffrect.denoiser", denoiser);
  subjects.add("diffrect.timestep_embedding", timestep_embedding);
  subjects.add("diffrect.schedule", schedule);
  subjects.add("diffrect.q_sample", q_sample);
  subjects.add("diffrect.ddim_step", ddim_step);
  subjects.add("diffrect.dice_loss", dice);
  subjects.add("diffrect.ce_dice", ce_dice);
  subjects.add("diffrect.comp_loss", comp_loss);
  subjects.add("diffrect.pseudo_label", pseudo_label);
  subjects.add("diffrect.label_rgb", label_rgb);
  subjects.add("diffrect.labeled_slices", labeled_slices);
  subjects.add("diffrect.two_stream_batches", batches);
  subjects.add("diffrect.checkpoint_optimizer", checkpoint_optimizer);
}

}  // namespace plexus::parity
