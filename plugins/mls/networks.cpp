#include "networks.hpp"

#include <map>

#include <plexus/base/error.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/pickle.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/train/checkpoint.hpp>

namespace plexus::mls {
namespace {

std::vector<double> usual_channel_mult(std::int64_t image_size) {
  switch (image_size) {
    case 512:
      return {0.5, 1, 1, 2, 2, 4, 4};
    case 256:
      return {1, 1, 2, 2, 4, 4};
    case 128:
      return {1, 1, 2, 3, 4};
    case 64:
      return {1, 2, 3, 4};
    default:
      throw Error(ErrorKind::configuration, "an image_size of " + std::to_string(image_size) + " has no usual channel_mult", "",
                  "give channel_mult, or an image_size of 64, 128, 256 or 512");
  }
}

}  // namespace

void NetworkSettings::declare(Options& options) {
  options.add("image_size", image_size, "sets the network's levels and where it attends; need not be the slices' size").range(16);
  options.add("num_channels", num_channels, "width of the finest level").range(32);
  options.add("channel_mult", channel_mult, "widths of the levels over num_channels, \"1,2,2\"; empty: by image_size");
  options.add("num_res_blocks", num_res_blocks, "residual blocks of a level").range(1);
  options.add("attention_resolutions", attention_resolutions, "sizes, of image_size, at which blocks attend");
  options.add("num_heads", num_heads, "attention heads, where num_head_channels is -1").range(1);
  options.add("num_head_channels", num_head_channels, "channels of an attention head; -1: by num_heads").range(-1);
  options.add("num_heads_upsample", num_heads_upsample, "heads on the way up; -1: as on the way down").range(-1);
  options.add("dropout", dropout, "dropout rate").range(0, 0.99);
  options.add("use_scale_shift_norm", use_scale_shift_norm, "times scale and shift the normalised features (FiLM)");
  options.add("resblock_updown", resblock_updown, "residual blocks resample; false: plain convolutions do");
  options.add("use_new_attention_order", use_new_attention_order, "split queries, keys and values before the heads");
  options.add("learn_sigma", learn_sigma, "the network answers a variance as well");
  options.add("sigma_small", sigma_small, "where it does not: that of the posterior instead of beta");
  options.add("predict_xstart", predict_xstart, "the network answers the image instead of the noise");
  options.add("rescale_timesteps", rescale_timesteps, "times are told as if there were 1000 steps");
  options.add("diffusion_steps", diffusion_steps, "steps of the noise schedule").range(1, 1000000);
  options.add("noise_schedule", noise_schedule, "of the noise").one_of({"linear", "cosine"});
  options.add("timestep_respacing", timestep_respacing, "steps to train, as \"250\", \"10,15,20\" or \"ddim50\"; empty: all");
  options.preset("script", "the network of the authors' scripts' own defaults instead of their README's",
                 {{"image_size", "64"},
                  {"attention_resolutions", "16,8"},
                  {"num_head_channels", "-1"},
                  {"resblock_updown", "false"},
                  {"learn_sigma", "false"}});
  options.preset("small", "a network for 128 x 128 slices that two cores can train",
                 {{"image_size", "128"},
                  {"num_channels", "32"},
                  {"channel_mult", "1,1,2,2"},
                  {"num_res_blocks", "1"},
                  {"attention_resolutions", "16"},
                  {"num_head_channels", "32"}});
  options.preset("smoke", "small and quick, for tests",
                 {{"image_size", "48"},
                  {"size", "48"},
                  {"num_channels", "32"},
                  {"channel_mult", "1,1"},
                  {"num_res_blocks", "1"},
                  {"attention_resolutions", "\"\""},
                  {"num_head_channels", "16"},
                  {"diffusion_steps", "50"},
                  {"timestep", "20"}});
  options.rule([this] { return problem(); });
}

GuidedUNetSettings NetworkSettings::unet() const {
  return {.in_channels = 1,
          .out_channels = learn_sigma ? 2 : 1,
          .model_channels = num_channels,
          .num_res_blocks = num_res_blocks,
          .channel_mult = channel_mult.empty() ? usual_channel_mult(image_size) : parse_channel_mult(channel_mult),
          .attention_factors = attention_factors(image_size, attention_resolutions),
          .num_heads = num_heads,
          .num_head_channels = num_head_channels,
          .num_heads_upsample = num_heads_upsample,
          .num_classes = class_cond ? 2 : 0,
          .dropout = dropout,
          .use_scale_shift_norm = use_scale_shift_norm,
          .resblock_updown = resblock_updown,
          .use_new_attention_order = use_new_attention_order};
}

diffusion::Process NetworkSettings::process() const {
  using diffusion::Predicts, diffusion::Variance;
  const diffusion::Process whole(
      diffusion::betas(noise_schedule, diffusion_steps),
      {.predicts = predict_xstart ? Predicts::start : Predicts::noise,
       .variance = learn_sigma ? Variance::learned_range : sigma_small ? Variance::fixed_small : Variance::fixed_large,
       .rescaled_times = rescale_timesteps});
  return timestep_respacing.empty() ? whole : diffusion::respaced(whole, diffusion::kept_steps(diffusion_steps, timestep_respacing));
}

std::string NetworkSettings::problem() const {
  try {
    process();
    return unet().problem();
  } catch (const Error& error) {
    return error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  }
}

diffusion::Objective objective(bool use_kl, bool rescale_learned_sigmas) {
  return use_kl                   ? diffusion::Objective::rescaled_kl
         : rescale_learned_sigmas ? diffusion::Objective::rescaled_mse
                                  : diffusion::Objective::mse;
}

void load_image_network(torch::nn::Module& network, const std::filesystem::path& file) {
  if (!is_plexus_checkpoint(file))
    return load_state_dict(network, original_state(read_torch_file(file), {.network = "image"}), file.string());
  const auto checkpoint = load_checkpoint(file);
  const auto& from = checkpoint.averages.empty() ? checkpoint.networks : checkpoint.averages;
  if (checkpoint.networks.size() != 1)
    throw Error(ErrorKind::data, "holds " + std::to_string(checkpoint.networks.size()) + " networks instead of one", file.string(),
                "give a checkpoint of the model mls_image");
  load_state_dict(network, from.begin()->second, file.string() + ": " + from.begin()->first);
}

}  // namespace plexus::mls
