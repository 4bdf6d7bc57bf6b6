#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include <plexus/nn/blocks.hpp>

namespace plexus {

// One entry of `widths` and `dropout` an encoder level, at least two; the decoder has no dropout.
struct UNetSettings {
  std::int64_t in_channels = 1, classes = 4;
  std::vector<std::int64_t> widths{16, 32, 64, 128, 256};
  std::vector<double> dropout{0.05, 0.1, 0.2, 0.3, 0.5};
  // H and W of the input must be multiples of this: 2^(levels - 1).
  std::int64_t multiple() const { return std::int64_t{1} << (widths.size() - 1); }
  // "" or what is wrong with these settings.
  std::string problem() const;
};

// The plain 2D U-Net of the SSL4MIS family, with its state names: encoder.in_conv.conv_conv.0 …,
// encoder.down1.maxpool_conv.1.conv_conv.0 …, decoder.up1.conv1x1, decoder.up1.conv.conv_conv.0 …, decoder.out_conv.
// Max-pooling down, 1x1 convolution and bilinear doubling up. [B, C, H, W] -> logits [B, K, H, W]
class UNet2d : public torch::nn::Module {
 public:
  // Throws std::logic_error where settings.problem() is not empty.
  explicit UNet2d(const UNetSettings& settings);
  at::Tensor forward(const at::Tensor& image);
  const UNetSettings& settings() const noexcept { return settings_; }

 private:
  class Encoder;
  class Decoder;
  UNetSettings settings_;
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<Decoder> decoder_;
};

}  // namespace plexus
