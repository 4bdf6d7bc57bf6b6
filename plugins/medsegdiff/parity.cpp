// Parity subjects of networks, diffusion and evaluation.
#include <torch/torch.h>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/ddpm.hpp>
#include <plexus/diffusion/losses.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/timesteps.hpp>
#include <plexus/eval/ensemble.hpp>
#include <plexus/nn/embedding.hpp>
#include <plexus/nn/guided_attention.hpp>
#include <plexus/nn/guided_residual.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/state_dict.hpp>

#include "fusion.hpp"
#include "model.hpp"
#include "parity_shared.hpp"
#include "scores.hpp"
#include "subject.hpp"

namespace plexus::parity {
namespace {

using diffusion::Process;
using medsegdiff::parity::analytic;
using medsegdiff::parity::clipping;
using medsegdiff::parity::process_of;
using Table = Process::Table;

Outcome outputs(std::map<std::string, at::Tensor> all) { return {.outputs = std::move(all), .steps = {}, .parameters = {}}; }
at::Tensor row(const std::vector<double>& values) { return torch::tensor(values, at::kDouble); }

void add_buffers(const torch::nn::Module& network, Outcome& outcome) {
  for (const auto& item : network.named_buffers()) outcome.outputs["buffer:" + item.key()] = item.value();
}

Outcome unet(const Case& given) {
  const auto network = medsegdiff::parity::network_of(given);
  Outcome outcome;
  outcome.parameters[""] = fill_module(*network);
  network->train(given.train);
  if (!given.checkpoint.empty()) {
    load_state_dict(*network, original_state(read_torch_file(given.checkpoint), {.network = "network"}), given.checkpoint.string());
  }
  medsegdiff::parity::set_projection(*network, given);
  const at::NoGradGuard no_grad;
  const auto y = given.has_input("y") ? given.input("y") : at::Tensor();
  const auto& x = given.input("x");
  const auto answer = network->forward(x, given.input("t"), y);
  outcome.outputs["out"] = answer.output;
  outcome.outputs["cal"] = answer.calibration;
  add_buffers(*network, outcome);
  return outcome;
}

Outcome highway(const Case& given) {
  const bool first_version = given.config.at("version") == "1";
  medsegdiff::HighwaySettings settings;
  settings.image_channels = given.config.at("in_ch");
  settings.features = given.option("hw_features", settings.features);
  settings.max_features = given.option("hw_max_features", settings.max_features);
  settings.dropout = given.option("hw_dropout", settings.dropout);
  settings.image_size = given.option("hw_image_size", settings.image_size);
  if (first_version)
    settings.condition_channels = given.option("hw_cond_channels", std::vector<std::int64_t>{128, 128, 256, 256});
  const auto held = std::make_shared<medsegdiff::Highway>(settings);
  auto& network = *held;
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.train(given.train);
  for (const auto& item : network.named_modules()) {
    const auto draws = given.inputs.find("drop:" + item.key());
    if (draws != given.inputs.end()) dynamic_cast<medsegdiff::ChannelDropout&>(*item.value()).draws = draws->second;
  }
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> conditions;
  if (first_version) {
    for (const auto* name : {"h0", "h1", "h2", "h3"}) conditions.push_back(given.inputs.at(name));
  }
  const auto seen = network.forward(given.input("image"), conditions);
  outcome.outputs["cal"] = seen.calibration;
  if (first_version) {
    outcome.outputs["emb"] =
        at::conv2d(seen.bottleneck, given.inputs.at("emb_conv.weight"), given.inputs.at("emb_conv.bias"));
  } else {
    for (std::size_t k = 0; k < 4; ++k)
      outcome.outputs["anchor" + std::to_string(k)] = medsegdiff::Highway::anchor(seen, k);
  }
  add_buffers(network, outcome);
  return outcome;
}

template <class Network, class... Inputs>
Outcome part(Network& network, const Inputs&... inputs) {
  Outcome outcome;
  outcome.parameters[""] = fill_module(network);
  network.eval();
  const at::NoGradGuard no_grad;
  outcome.outputs["out"] = network.forward(inputs...);
  return outcome;
}

Outcome ff_parser(const Case& given) {
  medsegdiff::FfParser network(given.config.at("dim"), given.config.at("h"), given.config.at("w"));
  return part(network, given.input("x"));
}

Outcome res_block(const Case& given) {
  using Resampling = GuidedResidualSettings::Resampling;
  const auto channels = given.config.at("channels").get<std::int64_t>();
  GuidedResidual network({.channels = channels,
                          .embedding = given.config.at("emb_channels"),
                          .out_channels = given.option("out_channels", channels),
                          .scale_shift = given.option("use_scale_shift_norm", false),
                          .wide_skip = given.option("use_conv", false),
                          .resampling = given.option("up", false)     ? Resampling::up
                                        : given.option("down", false) ? Resampling::down
                                                                      : Resampling::none});
  return part(network, given.input("x"), given.input("emb"));
}

Outcome attention(const Case& given) {
  GuidedAttention network({.channels = given.config.at("channels"),
                           .heads = given.option("num_heads", std::int64_t{1}),
                           .head_channels = given.option("num_head_channels", std::int64_t{-1}),
                           .new_order = given.option("use_new_attention_order", false)});
  return part(network, given.input("x"), at::Tensor());
}

Outcome timestep_embedding(const Case& given) {
  const double period = given.option("max_period", 10000.0);
  return outputs({{"emb", sinusoidal_embedding(given.input("t"), given.config.at("dim"), {.period = period, .cosine_first = true})}});
}

Outcome schedule(const Case& given) {
  const auto process = process_of(given.config);
  const auto table = [&](Table which) { return row(process.table(which)); };
  return outputs({{"betas", table(Table::beta)},
                  {"alphas_cumprod", table(Table::alpha_bar)},
                  {"alphas_cumprod_prev", table(Table::alpha_bar_before)},
                  {"alphas_cumprod_next", table(Table::alpha_bar_after)},
                  {"sqrt_alphas_cumprod", table(Table::signal)},
                  {"sqrt_one_minus_alphas_cumprod", table(Table::noise)},
                  {"log_one_minus_alphas_cumprod", table(Table::log_noise_variance)},
                  {"sqrt_recip_alphas_cumprod", table(Table::inverse)},
                  {"sqrt_recipm1_alphas_cumprod", table(Table::inverse_noise)},
                  {"posterior_variance", table(Table::posterior_variance)},
                  {"posterior_log_variance_clipped", table(Table::posterior_log_variance)},
                  {"posterior_mean_coef1", table(Table::of_start)},
                  {"posterior_mean_coef2", table(Table::of_now)},
                  {"timestep_map", torch::tensor(process.original(), at::kLong)}});
}

// config.cases: [[steps, text], …], or one of them.
Outcome space_timesteps(const Case& given) {
  Outcome outcome;
  for (const auto& [name, entry] : medsegdiff::parity::respacings(given.config))
    outcome.outputs[name] = torch::tensor(diffusion::kept_steps(entry.first, entry.second), at::kLong);
  return outcome;
}

Outcome q_process(const Case& given) {
  const auto process = process_of(given.config);
  const auto mask = medsegdiff::parity::binary(given.input("mask"));
  const auto &t = given.input("t"), &noise = given.input("noise");
  const auto x_t = process.noised(mask, t, noise);
  const auto forward = process.forward(mask, t), posterior = process.posterior(mask, x_t, t);
  const auto start = process.start_from(noise, x_t, t);
  return outputs({{"x_t", x_t},
                  {"q_mean", forward.mean},
                  {"q_variance", forward.variance.expand_as(mask)},
                  {"q_log_variance", forward.log_variance.expand_as(mask)},
                  {"posterior_mean", posterior.mean},
                  {"posterior_variance", posterior.variance.expand_as(mask)},
                  {"posterior_log_variance_clipped", posterior.log_variance.expand_as(mask)},
                  {"xstart_from_eps", start},
                  {"eps_from_xstart", process.noise_between(mask, x_t, t)},
                  {"prior_bpd", diffusion::prior_bits(process, mask)}});
}

Outcome p_sample(const Case& given) {
  const auto process = process_of(given.config);
  const auto &whole = given.input("x"), &t = given.input("t");
  const auto x = whole.narrow(1, whole.size(1) - 1, 1), image = whole.narrow(1, 0, whole.size(1) - 1);
  const auto told = process.told(t);
  const auto answer = analytic(given.config, image, x, told);
  const auto clip = clipping(given.config);
  const auto step = process.backward(answer.output, x, t, clip);
  const auto sample = diffusion::ddpm_step(process, answer.output, x, t, {.clip = clip}, given.input("noise")).sample;
  return outputs({{"model_time", told.to(at::kFloat)},
                  {"mean", step.mean},
                  {"variance", step.variance.expand_as(x)},
                  {"log_variance", step.log_variance.expand_as(x)},
                  {"pred_xstart", step.start},
                  {"cal", answer.calibration},
                  {"sample", sample}});
}

Outcome p_sample_loop(const Case& given) {
  const auto process = process_of(given.config);
  const auto& image = given.input("image");
  at::Tensor calibration;
  const auto denoiser = [&](const at::Tensor& x, const at::Tensor& t) {
    const auto answer = analytic(given.config, image, x, t);
    calibration = answer.calibration;
    return answer.output;
  };
  const auto& noise = given.input("step_noise");
  const auto sample = diffusion::ddpm(process, denoiser, given.input("init_noise"), {.clip = clipping(given.config)},
                                      [&](std::int64_t step) { return noise[process.steps() - 1 - step]; });
  const double dice = medsegdiff::soft_dice(sample, calibration);
  return outputs({{"sample", sample},
                  {"cal", calibration},
                  {"cal_out", medsegdiff::mixed_with_calibration(sample, calibration)},
                  {"dice_and_limit", row({dice, 0.65})}});
}

Outcome ddim_sample(const Case& given) {
  const auto process = process_of(given.config);
  const auto &x = given.input("x"), &t = given.input("t");
  const auto answer = analytic(given.config, {}, x, process.told(t)).output;
  const diffusion::DdimSettings settings{.clip = clipping(given.config), .eta = given.config.at("eta")};
  const auto step = diffusion::ddim_step(process, answer, x, t, settings, given.input("noise"));
  const auto back = diffusion::ddim_inverse_step(process, answer, x, t, {.clip = settings.clip});
  return outputs({{"sample", step.sample}, {"pred_xstart", step.start}, {"reverse_sample", back.sample}});
}

Outcome ddim_loop(const Case& given) {
  const auto process = process_of(given.config);
  const auto &image = given.input("image"), &noise = given.input("step_noise");
  const auto denoiser = [&](const at::Tensor& x, const at::Tensor& t) { return analytic(given.config, image, x, t).output; };
  const auto sample = diffusion::ddim(process, denoiser, given.input("init_noise"),
                                      {.clip = clipping(given.config), .eta = given.config.at("eta")},
                                      [&](std::int64_t step) { return noise[process.steps() - 1 - step]; });
  return outputs({{"sample", sample}});
}

Outcome likelihood(const Case& given) {
  const auto input = [&](const char* role) { return given.input(role); };
  const auto x = input("x").to(at::kFloat) - 1;
  return outputs({{"kl", diffusion::normal_kl(input("mean1"), input("logvar1"), input("mean2"), input("logvar2"))},
                  {"cdf", diffusion::approximate_normal_cdf(input("mean1"))},
                  {"log_likelihood", diffusion::discretized_log_likelihood(x, input("mean1"), 0.5 * input("logvar1"))}});
}

Outcome loss_second_moment(const Case& given) {
  const std::int64_t steps = given.config.at("num_timesteps");
  diffusion::LossSecondMoment sampler(steps, given.config.at("history_per_term"), given.config.at("uniform_prob"));
  const auto &ts = given.input("ts"), &losses = given.input("losses");
  const auto half = ts.numel() / 2;
  Outcome outcome;
  sampler.update(ts.narrow(0, 0, half), losses.narrow(0, 0, half));
  outcome.outputs["weights_half"] = row(sampler.weights());
  outcome.outputs["warmed_half"] = torch::tensor(sampler.warm() ? 1.0 : 0.0);
  sampler.update(ts.narrow(0, half, ts.numel() - half), losses.narrow(0, half, ts.numel() - half));
  const auto weights = row(sampler.weights());
  outcome.outputs["weights"] = weights;
  outcome.outputs["warmed"] = torch::tensor(sampler.warm() ? 1.0 : 0.0);
  outcome.outputs["importance"] = 1 / (static_cast<double>(steps) * weights / weights.sum());
  return outcome;
}

Outcome fusion(const Case& given) {
  const auto &samples = given.input("samples"), &target = given.input("target");
  const auto squared = fuse(samples, "squared-mean");
  std::vector<double> dice;
  for (const auto& sample : samples.unbind(0)) dice.push_back(medsegdiff::soft_dice(sample, target));
  return outputs({{"mean", fuse(samples, "mean").unsqueeze(0)},
                  {"staple", squared.unsqueeze(0)},
                  {"norm", (samples - samples.mean()) / samples.std()},
                  {"dice_score", row(dice)},
                  {"pixels", medsegdiff::published_picture(squared[0])}});
}

at::Tensor packed(const medsegdiff::ThresholdScores& scores) {
  auto all = scores.iou;
  all.insert(all.end(), scores.dice.begin(), scores.dice.end());
  return row(all);
}

Outcome eval_seg(const Case& given) {
  const std::vector<double> thresholds = given.config.at("thresholds");
  if (!given.has_input("zeros"))
    return outputs({{"scores", packed(medsegdiff::threshold_scores(given.input("pred"), given.input("target"), thresholds))}});
  const auto zeros = at::zeros_like(given.input("zeros")), ones = at::ones_like(zeros);
  std::vector<at::Tensor> all;
  for (const auto& prediction : {zeros, ones})
    for (const auto& truth : {zeros, ones}) all.push_back(packed(medsegdiff::threshold_scores(prediction, truth, thresholds)));
  return outputs({{"scores", at::cat(all)}});
}

Outcome eval_files(const Case& given) {
  const auto pair = medsegdiff::grey_pair(given.input("pred"), given.input("gt") * 255, given.config.at("size"));
  return outputs({{"gt_resized", pair.truth[0] * 255}, {"scores", packed(medsegdiff::threshold_scores(pair.prediction, pair.truth))}});
}

Outcome per_class_metrics(const Case& given) {
  return outputs({{"metrics", row(medsegdiff::per_class_scores(given.input("pred"), given.input("target")))}});
}

}  // namespace

void register_medsegdiff_parity(Subjects& subjects) {
  subjects.add("medsegdiff.unet", unet);
  subjects.add("medsegdiff.highway", highway);
  subjects.add("medsegdiff.ff_parser", ff_parser);
  subjects.add("medsegdiff.res_block", res_block);
  subjects.add("medsegdiff.attention", attention);
  subjects.add("medsegdiff.timestep_embedding", timestep_embedding);
  subjects.add("medsegdiff.schedule", schedule);
  subjects.add("medsegdiff.space_timesteps", space_timesteps);
  subjects.add("medsegdiff.q_process", q_process);
  subjects.add("medsegdiff.p_sample", p_sample);
  subjects.add("medsegdiff.p_sample_loop", p_sample_loop);
  subjects.add("medsegdiff.ddim_sample", ddim_sample);
  subjects.add("medsegdiff.ddim_loop", ddim_loop);
  subjects.add("medsegdiff.likelihood", likelihood);
  subjects.add("medsegdiff.loss_second_moment", loss_second_moment);
  subjects.add("medsegdiff.fusion", fusion);
  subjects.add("medsegdiff.eval_seg", eval_seg);
  subjects.add("medsegdiff.eval_files", eval_files);
  subjects.add("medsegdiff.per_class_metrics", per_class_metrics);
}

}  // namespace plexus::parity
