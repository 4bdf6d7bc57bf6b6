#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>

#include <plexus/nn/spade.hpp>

#include "blocks.hpp"

namespace plexus::adaptdiff {

struct SpadeUnetSettings {
  std::int64_t image_channels = 1, out_channels = 1, condition_channels = 1;
  std::vector<std::int64_t> widths{16, 32, 64, 128, 256};
  std::int64_t time_size = 32, embed_channels = 128;
  // H and W must be multiples of this.
  std::int64_t multiple() const { return std::int64_t{1} << (widths.size() - 1); }
  // "" or what is wrong.
  std::string problem() const;
};

// The conditional denoiser (the authors' condition_unet): residual encoder, decoder of SPADE blocks that see the mask, the time
// added to every pixel of each level. x_t [B, image_channels, H, W], t [B] or [1] int64, mask [B or 1, condition_channels, any
// size] real -> predicted noise [B, out_channels, H, W].
class SpadeUnet : public torch::nn::Module {
 public:
  // Throws std::logic_error where settings.problem() is not empty.
  explicit SpadeUnet(const SpadeUnetSettings& settings);

  // The part that depends on the mask alone (93 % of the work at the published widths), for images of height x width. Made
  // once, it serves all steps of a sampling with the same result, bit for bit.
  using Condition = std::vector<SpadeBlock::Modulations>;
  Condition condition(const at::Tensor& mask, std::int64_t height, std::int64_t width);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const Condition& condition);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const at::Tensor& mask);

  const SpadeUnetSettings& settings() const noexcept { return settings_; }

 private:
  SpadeUnetSettings settings_;
  torch::nn::Sequential time_mlp_;
  torch::nn::Conv2d initial_, final_;
  std::vector<std::shared_ptr<ResidualBlock>> encoder_;
  std::vector<std::shared_ptr<SpadeBlock>> decoder_;
  torch::nn::ModuleList encoder_time_, decoder_time_, down_, up_;
};

// The rows `first` ... `last` - 1 of a condition; of one with batch 1 that serves all: itself.
SpadeUnet::Condition rows(const SpadeUnet::Condition& condition, std::int64_t first, std::int64_t last);

// The widths that a state dict of the authors' was made with.
SpadeUnetSettings settings_of(const std::vector<std::pair<std::string, at::Tensor>>& state, SpadeUnetSettings otherwise);

}  // namespace plexus::adaptdiff
