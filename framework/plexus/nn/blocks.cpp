#include <plexus/nn/blocks.hpp>

#include <torch/torch.h>
#include <plexus/nn/dropout.hpp>
#include <plexus/nn/embedding.hpp>

namespace plexus {
namespace {

torch::nn::Conv2d conv3x3(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1));
}

// In place: batch normalisation keeps its input, not its output, for the backward pass.
torch::nn::LeakyReLU activation() {
  return torch::nn::LeakyReLU(torch::nn::LeakyReLUOptions().negative_slope(0.01).inplace(true));
}

}  // namespace

ConvBlock::ConvBlock(std::int64_t in, std::int64_t out, double dropout)
    : conv_conv_(conv3x3(in, out), torch::nn::BatchNorm2d(out), activation(), Dropout(dropout), conv3x3(out, out),
                 torch::nn::BatchNorm2d(out), activation()) {
  register_module("conv_conv", conv_conv_);
}

at::Tensor ConvBlock::forward(const at::Tensor& x) { return conv_conv_->forward(x); }

TimedConvBlock::TimedConvBlock(std::int64_t in, std::int64_t out, std::int64_t time_size, double dropout)
    : conv0_(conv3x3(in, out), torch::nn::BatchNorm2d(out), activation()),
      conv1_(Dropout(dropout), conv3x3(out, out), torch::nn::BatchNorm2d(out), activation()),
      temb_proj_(time_size, out) {
  register_module("conv0", conv0_);
  register_module("conv1", conv1_);
  register_module("temb_proj", temb_proj_);
}

at::Tensor TimedConvBlock::forward(const at::Tensor& x, const at::Tensor& time) {
  const auto shift = temb_proj_->forward(at::silu(time));
  return conv1_->forward(conv0_->forward(x) + shift.unsqueeze(-1).unsqueeze(-1));
}

TimeMlp::TimeMlp(std::int64_t embedding, std::int64_t width) : embedding_(embedding) {
  dense_->push_back(torch::nn::Linear(embedding, width));
  dense_->push_back(torch::nn::Linear(width, width));
  register_module("dense", dense_);
}

at::Tensor TimeMlp::forward(const at::Tensor& t) {
  auto& first = dense_->at<torch::nn::LinearImpl>(0);
  auto& second = dense_->at<torch::nn::LinearImpl>(1);
  const auto embedded = sinusoidal_embedding(t, embedding_, {.half_minus_one = true}).to(first.weight.scalar_type());
  return second.forward(at::silu(first.forward(embedded)));
}

at::Tensor upsample_and_join(torch::nn::Conv2d& conv1x1, const at::Tensor& low, const at::Tensor& skip) {
  const auto doubled = at::upsample_bilinear2d(conv1x1->forward(low), {2 * low.size(2), 2 * low.size(3)}, true);
  return at::cat({skip, doubled}, 1);
}

}  // namespace plexus
