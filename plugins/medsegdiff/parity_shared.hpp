#pragma once
// What the parity sources share: the analytic model of the cases, and their configurations.
#include <torch/torch.h>
#include <plexus/diffusion/respace.hpp>

#include "model.hpp"
#include "subject.hpp"

namespace plexus::medsegdiff::parity {

using plexus::parity::Case;

// m: the mask, c: mean of the image's channels (0 without an image); time as float. model_channels 1: without v.
inline Network::Answer analytic(const nlohmann::json& config, const at::Tensor& image, const at::Tensor& x,
                                const at::Tensor& told) {
  const auto m = x.narrow(1, x.size(1) - 1, 1);
  const auto t = told.to(at::kFloat).view({-1, 1, 1, 1});
  // All channels but the last belong to the condition.
  std::vector<at::Tensor> rest;
  if (image.defined()) rest.push_back(image.expand({x.size(0), image.size(1), image.size(2), image.size(3)}));
  if (x.size(1) > 1) rest.push_back(x.narrow(1, 0, x.size(1) - 1));
  const auto c = rest.empty() ? at::zeros_like(m) : at::cat(rest, 1).mean(1, true);
  const auto eps = 0.5 * m.tanh() + 0.25 * c * (0.01 * t).cos(), v = 0.3 * (m + 0.001 * t).sin();
  const auto gain = config.value("cal_gain", 2.0);
  return {config.value("model_channels", 2) == 1 ? eps : at::cat({eps, v}, 1), at::sigmoid(gain * c)};
}

inline ModelSettings diffusion_settings(const nlohmann::json& config) {
  ModelSettings s;
  s.diffusion_steps = config.value("diffusion_steps", s.diffusion_steps);
  s.noise_schedule = config.value("noise_schedule", s.noise_schedule);
  s.learn_sigma = config.value("learn_sigma", false);
  s.predict_xstart = config.value("predict_xstart", false);
  s.rescale_timesteps = config.value("rescale_timesteps", false);
  s.rescale_learned_sigmas = config.value("rescale_learned_sigmas", false);
  s.use_kl = config.value("use_kl", false);
  return s;
}

inline diffusion::Process process_of(const nlohmann::json& config) {
  const auto whole = make_process(diffusion_settings(config));
  auto settings = whole.settings();
  if (config.value("sigma_small", false)) settings.variance = diffusion::Variance::fixed_small;
  const diffusion::Process process(whole.beta(), settings);
  return diffusion::respaced(process, diffusion::kept_steps(process.steps(), config.value("timestep_respacing", "")));
}

inline diffusion::Clip clipping(const nlohmann::json& config) {
  return config.value("clip_denoised", true) ? diffusion::Clip::start : diffusion::Clip::none;
}

inline std::map<std::string, std::pair<std::int64_t, std::string>> respacings(const nlohmann::json& config) {
  std::map<std::string, std::pair<std::int64_t, std::string>> all;
  for (const auto& call : config.at("calls")) {
    const auto steps = call[0].get<std::int64_t>();
    const auto text = call[1].get<std::string>();
    all[std::to_string(steps) + "|" + text] = {steps, text};
  }
  return all;
}

inline at::Tensor binary(const at::Tensor& mask) { return (mask > 0).to(at::kFloat); }

inline std::shared_ptr<Network> network_of(const Case& given) {
  const auto& c = given.config;
  ModelSettings s;
  s.version = c.value("version", s.version);
  s.image_size = c.value("image_size", s.image_size);
  s.num_channels = c.value("num_channels", s.num_channels);
  s.num_res_blocks = c.value("num_res_blocks", s.num_res_blocks);
  s.num_heads = c.value("num_heads", s.num_heads);
  s.num_heads_upsample = c.value("num_heads_upsample", s.num_heads_upsample);
  s.num_head_channels = c.value("num_head_channels", s.num_head_channels);
  s.attention_resolutions = c.value("attention_resolutions", s.attention_resolutions);
  s.channel_mult = c.value("channel_mult", s.channel_mult);
  s.dropout = c.value("dropout", s.dropout);
  s.class_cond = c.value("class_cond", s.class_cond);
  s.use_scale_shift_norm = c.value("use_scale_shift_norm", s.use_scale_shift_norm);
  s.resblock_updown = c.value("resblock_updown", s.resblock_updown);
  s.use_new_attention_order = c.value("use_new_attention_order", s.use_new_attention_order);
  s.hw_features = c.value("hw_features", std::int64_t{32});
  s.hw_max_features = c.value("hw_max_features", std::int64_t{480});
  s.hw_dropout = c.value("hw_dropout", 0.5);
  auto settings = network_settings(s, c.at("in_ch").get<std::int64_t>() - 1, 1);
  settings.highway.image_size = c.value("hw_image_size", std::int64_t{256});
  return std::make_shared<Network>(settings);
}

// The convolution that published V1 draws in each forward pass.
inline void set_projection(Network& network, const Case& given) {
  if (network.projection() == nullptr) return;
  network.projection()->weight.copy_(given.inputs.at("emb_conv.weight"));
  network.projection()->bias.copy_(given.inputs.at("emb_conv.bias"));
}

}  // namespace plexus::medsegdiff::parity
