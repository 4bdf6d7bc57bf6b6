#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/diffusion/losses.hpp>
#include <plexus/diffusion/process.hpp>
#include <plexus/nn/guided_unet.hpp>

namespace plexus::mls {

// A diffusion network and its process, under the authors' flags; the defaults are those of their README's commands.
struct NetworkSettings {
  std::int64_t image_size = 256;  // sets levels and attention only; slices may have other sizes
  std::int64_t num_channels = 128, num_res_blocks = 2, num_heads = 4, num_head_channels = 64, num_heads_upsample = -1;
  std::string channel_mult = "", attention_resolutions = "32,16,8";
  double dropout = 0;
  bool class_cond = false;  // not an option: the authors' trainer cannot train it
  bool use_scale_shift_norm = true, resblock_updown = true, use_new_attention_order = false;
  bool learn_sigma = true, sigma_small = false, predict_xstart = false, rescale_timesteps = false;
  std::int64_t diffusion_steps = 1000;
  std::string noise_schedule = "linear", timestep_respacing = "";

  void declare(Options& options);
  // Throws Error(configuration) where a text among the settings is malformed or the image size has no usual channel_mult.
  GuidedUNetSettings unet() const;
  // By `timestep_respacing`; the denoiser is told original steps.
  diffusion::Process process() const;
  // "" or what is wrong.
  std::string problem() const;
};

// use_kl and rescale_learned_sigmas as the authors' flags choose the loss.
diffusion::Objective objective(bool use_kl, bool rescale_learned_sigmas);

// Fills a diffusion network from a file: the authors' model.pt or ema_RATE.pt, or a checkpoint of ours of the model mls_image
// (its first average, where it keeps one). Throws Error(data).
void load_image_network(torch::nn::Module& network, const std::filesystem::path& file);

}  // namespace plexus::mls
