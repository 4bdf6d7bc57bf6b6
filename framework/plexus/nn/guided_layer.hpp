#pragma once
#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

namespace plexus {

// Pieces of the U-Net family of guided-diffusion ("ADM": Dhariwal and Nichol 2021, appendix A), 2D, under the submodule
// names that checkpoints of that family use.

// What stands inside an input, middle or output block. x [B, C, H, W]; embedding [B, E] or [1, E], of time and class.
class GuidedLayer : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& embedding) = 0;
};

// GroupNorm of 32 groups, eps 1e-5. Half-precision inputs are normalised in float32.
torch::nn::GroupNorm guided_norm(std::int64_t channels);
at::Tensor guided_normalised(torch::nn::GroupNorm& norm, const at::Tensor& x);
// The same followed by SiLU.
at::Tensor guided_activated(torch::nn::GroupNorm& norm, const at::Tensor& x);

// Weight and bias 0: each residual branch begins as nothing.
template <class Layer>
Layer zeroed(Layer layer) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : layer->parameters()) parameter.zero_();
  return layer;
}

// Nearest doubling, and the mean over 2x2 pixels.
at::Tensor doubled(const at::Tensor& x);
at::Tensor halved(const at::Tensor& x);

// Halves H and W: 3x3 convolution of stride 2, padding 1 (state name op), or the mean over 2x2 pixels without one.
class GuidedDownsample : public GuidedLayer {
 public:
  GuidedDownsample(std::int64_t channels, bool convolution);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& embedding) override;

 private:
  torch::nn::Conv2d op_{nullptr};
};

// Doubles H and W: nearest, then a 3x3 convolution (state name conv) unless without one.
class GuidedUpsample : public GuidedLayer {
 public:
  GuidedUpsample(std::int64_t channels, bool convolution);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& embedding) override;

 private:
  torch::nn::Conv2d conv_{nullptr};
};

}  // namespace plexus
