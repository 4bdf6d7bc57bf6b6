#pragma once
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/diffusion/losses.hpp>
#include <plexus/diffusion/process.hpp>
#include <plexus/diffusion/sampler.hpp>
#include <plexus/sdk/denoising.hpp>
#include <plexus/sdk/model.hpp>

#include "network.hpp"

namespace plexus::medsegdiff {

struct ModelSettings {
  // The network, under the authors' names.
  std::string version = "new";  // new: V2; 1: V1
  std::int64_t image_size = 256, num_channels = 128, num_res_blocks = 2;
  std::int64_t num_heads = 1, num_heads_upsample = -1, num_head_channels = -1;
  std::string attention_resolutions = "16", channel_mult = "";
  double dropout = 0;
  bool class_cond = false, use_scale_shift_norm = false, resblock_updown = false, use_new_attention_order = false;
  std::int64_t hw_features = 0, hw_max_features = 480;  // 0: num_channels / 4
  double hw_dropout = 0.5;
  std::string projection = "fixed";  // V1: fixed, redraw
  bool uncertain_attention = false, spectrum_transformer = false, dynamic_encoding = false;  // the papers', not published
  std::vector<double> ema_rate{0.9999};
  // The diffusion.
  std::int64_t diffusion_steps = 1000;
  std::string noise_schedule = "linear";
  bool learn_sigma = true, predict_xstart = false, rescale_timesteps = false, rescale_learned_sigmas = false, use_kl = false;
  // Prediction.
  diffusion::SamplerSettings sampler{.sampler = "ddpm", .sampling_steps = 0, .members = 5};
  std::string fusion = "mean", uncertainty = "std", result = "samples", dpm_result = "start";
  bool mix_calibration = true, cache_condition = true, compat_pictures = false;
  double threshold = 0.5;
  std::int64_t predict_batch = 1;
  std::string precision = "fp32";
  void declare(Options& options);
  // "" or what is wrong with these settings.
  std::string problem() const;
};

// Of so many image and mask channels. Throws Error(configuration).
NetworkSettings network_settings(const ModelSettings& settings, std::int64_t image_channels, std::int64_t mask_channels);
diffusion::Process make_process(const ModelSettings& settings);
diffusion::Objective objective(const ModelSettings& settings);

// One network, "network": masks [B, K, H, W], one channel for each foreground class, are made from noise under the condition
// of the image. Predicts "label", "score" (fused, in [0, 1]), "uncertainty" and "calibration" (the highway's own answer).
class Model final : public plexus::Model, public Denoising {
 public:
  using Settings = ModelSettings;
  Model(Settings settings, const DataInfo& info);

  std::vector<plexus::Network> networks() override;
  Prediction predict(const Batch& batch, Context& context) override;
  // savedmodel…pt, emasavedmodel…pt: the state dict itself.
  std::vector<Original> originals() const override { return {{.network = "network"}}; }

  const diffusion::Process& process() const override { return process_; }
  std::vector<std::int64_t> sample_shape(const Batch& batch) const override;
  std::unique_ptr<Condition> prepare(const Batch& batch) override;
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& t, const Condition& condition) override;

  medsegdiff::Network& network() { return *network_; }
  const Settings& settings() const noexcept { return settings_; }
  // For as long as it is set, prediction samples in this way.
  void sample_by(const diffusion::SamplerSettings& sampler) { settings_.sampler = sampler; }

 private:
  struct Seen;
  struct Maps {
    at::Tensor score, uncertainty, calibration;  // [D, K, H, W]
  };
  Maps predict_slices(const at::Tensor& slices, const std::string& id, Context& context);
  Maps predict_group(const Batch& group, Context& context);
  Settings settings_;
  diffusion::Process process_;
  std::shared_ptr<medsegdiff::Network> network_;
  at::Tensor calibration_;  // of the last conditions (V2, [B, …]) or of the last denoising step (V1, [M B, …])
};

}  // namespace plexus::medsegdiff
