#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include "ff_parser.hpp"
#include "paper_modules.hpp"

namespace plexus::medsegdiff {

struct HighwaySettings {
  std::int64_t image_channels = 3, mask_channels = 1;
  std::int64_t features = 32, max_features = 480;  // first width; the cap of those that follow, each twice the one before
  double dropout = 0.5;                            // of whole channels, in encoder and bottleneck
  // V1 only: channels of the U-Net's features that modulate stages 0 … 3, and the side of the square images.
  std::vector<std::int64_t> condition_channels = {};
  std::int64_t image_size = 256;
  bool dynamic_encoding = false;  // V1: the paper's product of normalised features instead of the published code's
  // Widths of the five stages: features, then doubled up to max_features.
  std::array<std::int64_t, 5> widths() const;
};

// Drops whole channels in training.
class ChannelDropout : public torch::nn::Module {
 public:
  explicit ChannelDropout(double rate) : rate_(rate) {}
  at::Tensor forward(const at::Tensor& x) const;
  at::Tensor draws = {};  // uniform [B, C]: used instead of LibTorch's generator where given; kept where >= rate

 private:
  double rate_;
};

// conv 3x3 - channel dropout - batch norm - LeakyReLU(0.01); state names conv, instnorm (as published).
class HighwayBlock : public torch::nn::Module {
 public:
  HighwayBlock(std::int64_t in, std::int64_t out, double dropout);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Conv2d conv_;
  std::shared_ptr<ChannelDropout> dropout_;
  torch::nn::BatchNorm2d norm_;
};

// The network that looks at the image alone: a 2D U-Net of five poolings (nnU-Net v1 style). In V1 features of the main
// U-Net modulate what each of the first four poolings passes on. State names conv_blocks_localization, conv_blocks_context,
// (conv_trans_blocks_a, conv_trans_blocks_b or encodings, ffparser,) seg_outputs.0.
class Highway : public torch::nn::Module {
 public:
  explicit Highway(const HighwaySettings& settings);
  struct Seen {
    std::vector<at::Tensor> decoded;  // D_0 … D_4, at 1/16 … 1/1 of the image's sides
    at::Tensor bottleneck;            // [B, w_4, H / 32, W / 32]
    at::Tensor calibration;           // its own segmentation [B, masks, H, W] in [0, 1]
  };
  // image [B, C, H, W], sides multiples of 32. V1: `conditions` are the U-Net's features at 1/2, 1/4, 1/8, 1/16.
  Seen forward(const at::Tensor& image, const std::vector<at::Tensor>& conditions = {});
  // Anchor k = 0 … 3: D_{3-k} brought to full size, bilinear with half-pixel centres.
  static at::Tensor anchor(const Seen& seen, std::size_t k);
  const HighwaySettings& settings() const noexcept { return settings_; }

 private:
  std::shared_ptr<HighwayBlock> block(torch::nn::Module& slot, std::int64_t in, std::int64_t out, double dropout) const;
  void build_decoder();
  void build_encoder();
  void build_conditions();
  at::Tensor modulated(const at::Tensor& x, std::size_t stage, const at::Tensor& condition);

  HighwaySettings settings_;
  std::vector<std::vector<std::shared_ptr<HighwayBlock>>> encoder_, decoder_;  // encoder_.back(): bottleneck
  std::vector<torch::nn::Conv2d> condition_in_, condition_out_;
  std::vector<std::shared_ptr<FfParser>> filters_;
  std::vector<std::shared_ptr<DynamicEncoding>> encodings_;
  torch::nn::Conv2d head_{nullptr};
};

}  // namespace plexus::medsegdiff
