// Declaration of the model's options: names and meanings of the authors' flags, presets, rules.
#include <plexus/base/error.hpp>
#include <plexus/diffusion/dpm_solver.hpp>

#include "model.hpp"

namespace plexus::medsegdiff {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

const Values base{{"image_size", "256"},      {"num_channels", "128"},           {"num_res_blocks", "2"},
                  {"num_heads", "1"},         {"use_scale_shift_norm", "false"}, {"attention_resolutions", "\"16\""},
                  {"diffusion_steps", "1000"}, {"noise_schedule", "linear"}};

}  // namespace

void ModelSettings::declare(Options& options) {
  options.add("version", version, "new: V2; 1: V1, with FF-Parsers.").one_of({"new", "1"});
  options.add("image_size", image_size, "Height and width that slices are resized to; a multiple of 32.").range(32).unit("pixels");
  options.add("num_channels", num_channels, "Width of the U-Net's first level; the authors' files have 128.").range(32);
  options.add("num_res_blocks", num_res_blocks, "Residual blocks of each level.").range(1);
  options.add("num_heads", num_heads, "Attention heads.").range(1);
  options.add("num_heads_upsample", num_heads_upsample, "Attention heads on the way up; -1: num_heads.").range(-1);
  options.add("num_head_channels", num_head_channels, "Channels of a head instead of their number; -1: num_heads tells.").range(-1);
  options.add("attention_resolutions", attention_resolutions, "Levels that attend, as sides: image_size / factor, '16' or '16,8'.");
  options.add("channel_mult", channel_mult, "Widths of the levels over num_channels, '1,1,2,2'; empty: by image_size.");
  options.add("dropout", dropout, "Dropout of the U-Net's residual blocks.").range(0, 0.99);
  options.add("class_cond", class_cond, "Tell the network a class, the field 'class' of each sample (0 or 1).");
  options.add("use_scale_shift_norm", use_scale_shift_norm, "The time scales and shifts normalised features (FiLM).");
  options.add("resblock_updown", resblock_updown, "Residual blocks halve and double instead of plain convolutions.");
  options.add("use_new_attention_order", use_new_attention_order, "Queries, keys and values before heads in the channels.");
  options.add("hw_features", hw_features, "First width of the highway; 0: num_channels / 4.").range(0);
  options.add("hw_max_features", hw_max_features, "Largest width of the highway.").range(1);
  options.add("hw_dropout", hw_dropout, "Channel dropout in the highway's encoder.").range(0, 0.99);
  options.add("projection", projection, "V1: the random projection of the highway's bottleneck is kept, or drawn anew in each "
              "forward pass as published, so that results are random.").one_of({"fixed", "redraw"});
  options.add("uncertain_attention", uncertain_attention, "V2, from the paper, not in the public code: anchors weigh the features of "
              "input block 0 through a learnt smoothing, instead of being added.");
  options.add("spectrum_transformer", spectrum_transformer, "V2, from the paper, not in the public code: SS-Former between the "
              "bottlenecks of U-Net and highway.");
  options.add("dynamic_encoding", dynamic_encoding, "V1, from the paper, not in the public code: the product of layer-normalised "
              "features instead of the published modulation.");
  options.add("ema_rate", ema_rate, "Rates of the averaged weights kept in training; the first is what 'ema' means.").range(0, 1);
  options.add("diffusion_steps", diffusion_steps, "Steps of the diffusion.").range(21, 1000000);
  options.add("noise_schedule", noise_schedule, "Noise schedule.").one_of({"linear", "cosine"});
  options.add("learn_sigma", learn_sigma, "Learn the variance; must be true: the network always answers one.");
  options.add("predict_xstart", predict_xstart, "The network answers the mask instead of the noise.");
  options.add("rescale_timesteps", rescale_timesteps, "Tell the network 1000 t / diffusion_steps.");
  options.add("rescale_learned_sigmas", rescale_learned_sigmas, "Scale the variance's loss by diffusion_steps / 1000.");
  options.add("use_kl", use_kl, "Train on the variational bound alone.");
  sampler.declare(options);
  options.add("fusion", fusion, "Of the samples: mean, share of votes, STAPLE, or the square of the mean, which the published "
              "code calls STAPLE.").one_of({"mean", "vote", "staple", "reference"});
  options.add("uncertainty", uncertainty, "Map of how much the samples disagree.").one_of({"std", "variance", "entropy", "none"});
  options.add("result", result, "What becomes the mask: the fused samples, or the highway's own segmentation.")
      .one_of({"samples", "calibration"});
  options.add("dpm_result", dpm_result, "Of the DPM solvers: the predicted mask, or, as published, the standardised variance "
              "channel of one more evaluation (noise, in effect).").one_of({"start", "reference"});
  options.add("mix_calibration", mix_calibration, "V1: mix each sample with the highway's segmentation, as published.");
  options.add("cache_condition", cache_condition, "V2: run the highway once an image instead of at every step.");
  options.add("compat_pictures", compat_pictures,
              "Write the fused map of each slice as the published code does, CASE_output_ens.jpg: in [0, 1] times 255.");
  options.add("threshold", threshold, "A fused score above it is foreground; also of votes and STAPLE.").range(0, 1);
  options.add("predict_batch", predict_batch, "Slices sampled together.").range(1).no_effect();
  options.add("precision", precision, "Of the network in prediction.").one_of({"fp32", "bf16", "fp16"});
  options.preset("b-isic", "README, 3 image channels: 129,400,450 parameters (V2)", base);
  options.preset("b-brats", "README, 4 image channels: 129,401,890 parameters (V2)", base);
  options.preset("plusplus", "MedSegDiff++ of the README: 7.6 billion parameters (30 GB of weights, about 120 GB to train in "
                 "fp32); the highway is widened to fit, the published forward pass fails",
                 {{"image_size", "256"}, {"num_channels", "512"}, {"num_res_blocks", "12"}, {"num_heads", "8"},
                  {"use_scale_shift_norm", "true"}, {"attention_resolutions", "\"24\""}, {"members", "25"}});
  options.preset("scripts", "the published scripts' own defaults, learn_sigma aside: 64 x 64, 107,754,402 parameters for BraTS",
                 {{"image_size", "64"}, {"num_heads", "4"}, {"use_scale_shift_norm", "true"}, {"attention_resolutions", "\"16,8\""}});
  options.preset("smoke", "small and quick, for tests",
                 {{"image_size", "32"}, {"num_channels", "32"}, {"num_res_blocks", "1"}, {"channel_mult", "\"1,1\""},
                  {"attention_resolutions", "\"16\""}, {"hw_max_features", "16"}, {"diffusion_steps", "50"}, {"sampler", "ddim"},
                  {"sampling_steps", "3"}, {"members", "2"}});
  options.preset("fast", "README's configuration, sampled by DPM-Solver++ in 20 steps",
                 {{"sampler", "dpm-solver++"}, {"sampling_steps", "20"}});
  options.preset("reference", "what the published code does: 1000 steps, 5 samples, the squared mean; V1 random",
                 {{"sampler", "ddpm"}, {"sampling_steps", "0"}, {"members", "5"}, {"clip", "start"}, {"fusion", "reference"},
                  {"dpm_result", "reference"}, {"projection", "redraw"}, {"mix_calibration", "true"}});
  options.rule([this] { return problem(); });
}

std::string ModelSettings::problem() const {
  if (!learn_sigma) {
    return "learn_sigma must be true: the network always answers a variance channel, and published code fails without it in "
           "sampling (x_t.shape == eps.shape)";
  }
  if (image_size % 32 != 0) return "image_size must be a multiple of 32";
  for (const double rate : ema_rate)
    if (!(rate >= 0 && rate < 1)) return "ema_rate lies in [0, 1)";
  try {
    network_settings(*this, 3, 1);
  } catch (const Error& error) {
    return error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  }
  return sampler.problem(diffusion_steps);
}

}  // namespace plexus::medsegdiff
