#pragma once
#include <torch/nn/modules/conv.h>

#include <plexus/nn/guided_layer.hpp>

namespace plexus {

struct GuidedAttentionSettings {
  std::int64_t channels = 32;
  std::int64_t heads = 1;
  std::int64_t head_channels = -1;  // -1: as `heads` says; else heads = channels / head_channels
  bool new_order = false;           // q, k and v are thirds of the channels, heads inside; else thirds inside each head
};

// Self-attention over the pixels, added to x; softmax in float32. State names norm, qkv [3C, C, 1], proj_out [C, C, 1],
// the last zero at first.
class GuidedAttention : public GuidedLayer {
 public:
  // Throws std::logic_error where the channels do not divide into the heads.
  explicit GuidedAttention(const GuidedAttentionSettings& settings);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& embedding) override;

 private:
  std::int64_t heads_;
  bool new_order_;
  torch::nn::GroupNorm norm_;
  torch::nn::Conv1d qkv_, proj_out_;
};

}  // namespace plexus
