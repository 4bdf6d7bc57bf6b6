#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>

#include "blocks.hpp"

namespace plexus::adaptdiff {

struct ResUnetSettings {
  std::int64_t in_channels = 1, classes = 2;
  std::vector<std::int64_t> widths{8, 32, 32, 64, 64, 16};
  // H and W must be multiples of this.
  std::int64_t multiple() const { return std::int64_t{1} << widths.size(); }
  // "" or what is wrong.
  std::string problem() const;
};

// The authors' res_unet, which segments vessels. Its last block ends with a ReLU: logits are never negative, and where both
// are 0 the class is background. State names encoder, decoder, td, tu.
class ResUnet : public torch::nn::Module {
 public:
  // Throws std::logic_error where settings.problem() is not empty.
  explicit ResUnet(const ResUnetSettings& settings);
  struct Answer {
    at::Tensor logits;  // [B, classes, H, W]
    at::Tensor latent;  // [B, widths.back(), H / multiple, W / multiple]
  };
  Answer forward(const at::Tensor& x);  // [B, in_channels, H, W]
  const ResUnetSettings& settings() const noexcept { return settings_; }

 private:
  class Block;
  ResUnetSettings settings_;
  std::vector<std::shared_ptr<Block>> encoder_, decoder_;
  torch::nn::ModuleList down_, up_;
};

// The second segmentation network in the authors' files, with the blocks of the denoiser; nothing of theirs uses it.
// widths: (16, 32, 64, 128) by default; H and W multiples of 2^(levels - 1). [B, in, H, W] -> logits [B, classes, H, W]
class ResUnetAlt : public torch::nn::Module {
 public:
  ResUnetAlt(std::int64_t in_channels, std::int64_t classes, const std::vector<std::int64_t>& widths);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Conv2d initial_, final_;
  std::vector<std::shared_ptr<ResidualBlock>> encoder_, decoder_;
  torch::nn::ModuleList down_, up_;
};

// The widths that a state dict of res_unet was made with.
ResUnetSettings settings_of(const std::vector<std::pair<std::string, at::Tensor>>& state, ResUnetSettings otherwise);

}  // namespace plexus::adaptdiff
