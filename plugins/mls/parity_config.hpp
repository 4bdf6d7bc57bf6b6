#pragma once
#include <string>

#include <torch/nn/module.h>

#include "guidance.hpp"
#include "networks.hpp"
#include "subject.hpp"

namespace plexus::parity {

// Settings that the cases of this method share, under the reference's names.
inline mls::NetworkSettings mls_network(const Case& given) {
  mls::NetworkSettings s;
  s.image_size = given.option("image_size", s.image_size);
  s.num_channels = given.option("num_channels", s.num_channels);
  s.num_res_blocks = given.option("num_res_blocks", s.num_res_blocks);
  s.num_heads = given.option("num_heads", s.num_heads);
  s.num_head_channels = given.option("num_head_channels", s.num_head_channels);
  s.num_heads_upsample = given.option("num_heads_upsample", s.num_heads_upsample);
  s.channel_mult = given.option("channel_mult", s.channel_mult);
  s.attention_resolutions = given.option("attention_resolutions", s.attention_resolutions);
  s.dropout = given.option("dropout", s.dropout);
  s.class_cond = given.option("class_cond", s.class_cond);
  s.use_scale_shift_norm = given.option("use_scale_shift_norm", s.use_scale_shift_norm);
  s.resblock_updown = given.option("resblock_updown", s.resblock_updown);
  s.use_new_attention_order = given.option("use_new_attention_order", s.use_new_attention_order);
  s.learn_sigma = given.option("learn_sigma", s.learn_sigma);
  s.sigma_small = given.option("sigma_small", s.sigma_small);
  s.predict_xstart = given.option("predict_xstart", s.predict_xstart);
  s.rescale_timesteps = given.option("rescale_timesteps", s.rescale_timesteps);
  s.diffusion_steps = given.option("steps", s.diffusion_steps);
  s.noise_schedule = given.option("noise_schedule", s.noise_schedule);
  return s;
}

inline mls::GuidanceSettings mls_guidance(const Case& given) {
  mls::GuidanceSettings s;
  s.counterpart_steps = given.option("timestep_respacing", s.counterpart_steps);
  s.counterpart_start = given.option("start", s.counterpart_start);
  s.weight_con = given.option("weight_con", s.weight_con);
  s.weight_uncon = given.option("weight_uncon", s.weight_uncon);
  s.clip_denoised = given.option("clip_denoised", s.clip_denoised);
  return s;
}

// Several networks under the prefixes that the cases' fill names have.
struct PrefixedNetworks : torch::nn::Module {
  void add(const std::string& prefix, const std::shared_ptr<torch::nn::Module>& network) { register_module(prefix, network); }
};

}  // namespace plexus::parity
