#pragma once
#include <memory>

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace plexus::medsegdiff {

// Modules that the papers describe and the published program lacks; no published weights exist for them. Where the text
// leaves a size open it is ours.

// V1, dynamic conditional encoding: x * LN(x) * LN(g), of what a stage of the highway passes on (x) and the filtered features of
// the U-Net (g). [B, C, H, W] each.
class DynamicEncoding : public torch::nn::Module {
 public:
  explicit DynamicEncoding(std::int64_t channels);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& filtered);

 private:
  torch::nn::GroupNorm own_, other_;
};

// V2, uncertain spatial attention: of anchors [B, C, H, W] the weight [B, 1, H, W] in (0, 1) by which features beside them grow.
// The larger of the anchor and its Gaussian smoothing, whose width is learnt, through a 1x1 convolution and a sigmoid.
class UncertainAttention : public torch::nn::Module {
 public:
  explicit UncertainAttention(std::int64_t channels);
  at::Tensor forward(const at::Tensor& anchors);

 private:
  at::Tensor smoothed(const at::Tensor& anchors) const;
  at::Tensor log_sigma_;  // pixels
  torch::nn::Conv2d conv_;
};

// One way of the spectrum-space transformer: attention whose affinities are taken between Fourier coefficients, pass a filter
// over radial frequency that depends on the time, and are brought back before the softmax. With an open filter it is plain
// attention.
class SpectrumAttention : public torch::nn::Module {
 public:
  SpectrumAttention(std::int64_t channels, std::int64_t time_channels);
  // asking, asked [B, C, h, w]; told [B, T]: embedding of the time. What is to be added to `asking`; 0 in a new network.
  at::Tensor forward(const at::Tensor& asking, const at::Tensor& asked, const at::Tensor& told);
  // [B, h w] in (0, 1).
  at::Tensor passed(const at::Tensor& told, std::int64_t height, std::int64_t width);

 private:
  torch::nn::Conv2d query_, key_, value_, out_;
  torch::nn::Linear frequency_, time_, gate_;
};

// V2, SS-Former: the U-Net's bottleneck asks the highway's, and that asks back.
class SpectrumTransformer : public torch::nn::Module {
 public:
  SpectrumTransformer(std::int64_t channels, std::int64_t highway_channels, std::int64_t time_channels);
  // h [B, C, h, w], seen [B, highway_channels, h', w'], told [B, T] -> like h.
  at::Tensor forward(const at::Tensor& h, const at::Tensor& seen, const at::Tensor& told);

 private:
  torch::nn::Conv2d project_;
  std::shared_ptr<SpectrumAttention> to_image_, to_noise_;
};

}  // namespace plexus::medsegdiff
