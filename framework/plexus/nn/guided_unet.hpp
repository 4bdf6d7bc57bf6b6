#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include <plexus/nn/guided_layer.hpp>

namespace plexus {

// Options of guided-diffusion under their usual names.
struct GuidedUNetSettings {
  std::int64_t in_channels = 1, out_channels = 1, model_channels = 128, num_res_blocks = 2;
  std::vector<double> channel_mult{1, 2, 3, 4};     // widths of the levels over model_channels, the first is finest
  std::vector<std::int64_t> attention_factors = {};  // downsampling factors (1, 2, 4, …) whose blocks attend; the middle always
  std::int64_t num_heads = 1, num_head_channels = -1, num_heads_upsample = -1;  // -1: by num_heads; as on the way down
  std::int64_t num_classes = 0;                      // 0: no class conditioning
  double dropout = 0;
  bool use_scale_shift_norm = false, resblock_updown = false, conv_resample = true, use_new_attention_order = false;
  // H and W of the input must be multiples of this: 2^(levels - 1).
  std::int64_t multiple() const { return std::int64_t{1} << (channel_mult.size() - 1); }
  std::int64_t width(std::size_t level) const;
  // "" or what is wrong with these settings.
  std::string problem() const;
};

// "1,2,3,4" -> {1, 2, 3, 4}. Throws Error(configuration) where a part is no positive number.
std::vector<double> parse_channel_mult(const std::string& text);
// Resolutions "16,8" of an image size -> downsampling factors {image_size / 16, image_size / 8}, by whole division, as the
// authors' options are meant; empty text: none. Throws Error(configuration) where a part is no positive whole number.
std::vector<std::int64_t> attention_factors(std::int64_t image_size, const std::string& resolutions);

// The U-Net of guided-diffusion: input blocks whose outputs are all kept and joined to those of the output blocks, a middle
// of residual, attention, residual. State names time_embed.{0,2}, label_emb, input_blocks.i.j, middle_block.{0,1,2},
// output_blocks.i.j, out.{0,2}. [B, in, H, W] -> [B, out, H, W].
class GuidedUNet : public torch::nn::Module {
 public:
  // What stands before the middle block: the bottleneck [B, C, h, w] and the outputs of all input blocks, first to last.
  using Bottleneck = std::function<at::Tensor(const at::Tensor& h, const std::vector<at::Tensor>& skips)>;

  // Throws std::logic_error where settings.problem() is not empty.
  explicit GuidedUNet(const GuidedUNetSettings& settings);
  // t: [B] or [1], whole or fractional. y: [B] int64 in 0 … num_classes - 1; undefined: no class is told.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const at::Tensor& y = {}, const Bottleneck& bottleneck = {});
  // The same from the output of input block 0, which is one convolution of x: for what is added to it or kept of it.
  at::Tensor from_stem(const at::Tensor& h, const at::Tensor& t, const at::Tensor& y = {}, const Bottleneck& bottleneck = {});
  torch::nn::Conv2d& stem() { return stem_; }
  // Of time and class: [B, 4 model_channels].
  at::Tensor embedding(const at::Tensor& t, const at::Tensor& y = {});
  const GuidedUNetSettings& settings() const noexcept { return settings_; }
  // Channels of the outputs of all input blocks, and of the bottleneck.
  const std::vector<std::int64_t>& skip_channels() const noexcept { return skip_channels_; }

 private:
  using Block = std::vector<std::shared_ptr<GuidedLayer>>;
  void build_input(torch::nn::Module& parent);
  void build_output(torch::nn::Module& parent);
  std::shared_ptr<GuidedLayer> residual(std::int64_t in, std::int64_t out, int resampling) const;
  std::shared_ptr<GuidedLayer> attention(std::int64_t channels, std::int64_t heads) const;
  bool attends(std::int64_t factor) const;

  GuidedUNetSettings settings_;
  std::vector<std::int64_t> skip_channels_;
  torch::nn::Linear time_first_, time_second_;
  torch::nn::Embedding label_emb_{nullptr};
  torch::nn::Conv2d stem_, out_conv_;
  torch::nn::GroupNorm out_norm_;
  std::vector<Block> input_, output_;  // input_: all but block 0
  Block middle_;
};

}  // namespace plexus
