#pragma once
#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace plexus {

// Pieces of 2D networks under the submodule names that published checkpoints of the field use. Convolutions 3x3 with
// padding and bias, batch normalisation (eps 1e-5, momentum 0.1), LeakyReLU of slope 0.01.

// conv - norm - act - dropout - conv - norm - act; state names conv_conv.{0,1,4,5}. [B, in, H, W] -> [B, out, H, W]
class ConvBlock : public torch::nn::Module {
 public:
  ConvBlock(std::int64_t in, std::int64_t out, double dropout);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Sequential conv_conv_;
};

// The same block told the time: act(norm(conv(x))) + linear(swish(time)) per channel, then dropout - conv - norm - act.
// State names conv0.{0,1}, conv1.{1,2}, temb_proj. time: [B, time_size]
class TimedConvBlock : public torch::nn::Module {
 public:
  TimedConvBlock(std::int64_t in, std::int64_t out, std::int64_t time_size, double dropout);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& time);

 private:
  torch::nn::Sequential conv0_, conv1_;
  torch::nn::Linear temb_proj_;
};

// Sinusoidal embedding of t [B] (sines first, divisor half - 1), linear, swish, linear: [B, width]; state names
// dense.{0,1}. Of the type of its weights.
class TimeMlp : public torch::nn::Module {
 public:
  TimeMlp(std::int64_t embedding, std::int64_t width);
  at::Tensor forward(const at::Tensor& t);

 private:
  std::int64_t embedding_;
  torch::nn::ModuleList dense_;
};

// 1x1 convolution, then bilinear doubling with aligned corners, then [skip, upsampled] joined along the channels. What
// stands first in every decoder step of this family; state name conv1x1.
at::Tensor upsample_and_join(torch::nn::Conv2d& conv1x1, const at::Tensor& low, const at::Tensor& skip);

}  // namespace plexus
