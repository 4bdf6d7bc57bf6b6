#include "blocks.hpp"

#include <algorithm>

#include <torch/torch.h>
#include <plexus/base/text.hpp>
#include <plexus/nn/batch_norm.hpp>

namespace plexus::adaptdiff {
namespace {

torch::nn::Conv2d pixel_conv(std::int64_t in, std::int64_t out) { return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1)); }

// In place: a normalisation keeps its input for the backward pass, not what comes out of it.
void append_activation(torch::nn::Sequential& to, Activation activation) {
  if (activation == Activation::relu)
    to->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
  else
    to->push_back(torch::nn::ELU(torch::nn::ELUOptions().inplace(true)));
}

}  // namespace

std::string list_text(const std::vector<std::int64_t>& numbers) {
  std::vector<std::string> texts;
  for (const auto number : numbers) texts.push_back(std::to_string(number));
  return "[" + join(texts, ", ") + "]";
}

ResidualBlock::ResidualBlock(std::int64_t in, std::int64_t out)
    : main_path_(pixel_conv(in, std::min(in, out)), torch::nn::ReLU(), std::make_shared<BatchNorm>(std::min(in, out)),
                 pixel_conv(std::min(in, out), out), torch::nn::ReLU(), std::make_shared<BatchNorm>(out)),
      side_path_(pixel_conv(in, out), torch::nn::ReLU(), std::make_shared<BatchNorm>(out)) {
  register_module("main_path", main_path_);
  register_module("side_path", side_path_);
}

at::Tensor ResidualBlock::forward(const at::Tensor& x) { return main_path_->forward(x) + side_path_->forward(x); }

torch::nn::Sequential down_sampling(std::int64_t channels, Activation activation) {
  torch::nn::Sequential layers(torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 4).stride(2).padding(1)),
                               std::make_shared<BatchNorm>(channels));
  append_activation(layers, activation);
  return layers;
}

torch::nn::Sequential up_sampling(std::int64_t channels, Activation activation) {
  torch::nn::Sequential layers(
      torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(channels, channels, 4).stride(2).padding(1)),
      std::make_shared<BatchNorm>(channels));
  append_activation(layers, activation);
  return layers;
}

}  // namespace plexus::adaptdiff
