#pragma once
#include <torch/nn/modules/linear.h>

#include <plexus/nn/dropout.hpp>
#include <plexus/nn/guided_layer.hpp>

namespace plexus {

struct GuidedResidualSettings {
  enum class Resampling { none, up, down };
  std::int64_t channels = 32, embedding = 128, out_channels = 32;
  double dropout = 0;
  bool scale_shift = false;       // the embedding scales and shifts the second normalisation (FiLM) instead of being added
  bool wide_skip = false;         // where channels change: a 3x3 convolution on the skip, not 1x1
  Resampling resampling = Resampling::none;  // of both branches, after the first activation
};

// h = conv(SiLU(norm(x))), told the time, then conv(dropout(SiLU(norm(h)))), zero at first; skip(x) + h. State names
// in_layers.{0,2}, emb_layers.1, out_layers.{0,3}, skip_connection. [B, channels, H, W] -> [B, out_channels, …]
class GuidedResidual : public GuidedLayer {
 public:
  explicit GuidedResidual(const GuidedResidualSettings& settings);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& embedding) override;

 private:
  at::Tensor resampled(const at::Tensor& x) const;
  GuidedResidualSettings settings_;
  torch::nn::GroupNorm norm_in_, norm_out_;
  torch::nn::Conv2d conv_in_, conv_out_, skip_{nullptr};
  torch::nn::Linear told_;
  Dropout dropout_;
};

}  // namespace plexus
