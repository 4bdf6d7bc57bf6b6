#pragma once
#include <memory>

#include <plexus/nn/guided_unet.hpp>

#include "highway.hpp"

namespace plexus::medsegdiff {

struct NetworkSettings {
  GuidedUNetSettings unet;      // in: image and mask channels, the mask last; out: twice the mask channels
  HighwaySettings highway;
  bool first_version = false;   // V1, else V2
  bool redraw = false;          // V1: the projection is drawn anew in each forward pass, as published
  bool uncertain_attention = false, spectrum_transformer = false;  // V2, the paper's; not in the published code
  // "" or what is wrong with these settings.
  std::string problem() const;
};

// V1: the 1x1 convolution from the highway's bottleneck to the U-Net's, which published code draws at random in every forward
// pass and never trains. Here: drawn once from its own seed, and kept.
class Projection : public torch::nn::Module {
 public:
  Projection(std::int64_t in, std::int64_t out, std::uint64_t seed = 0);
  at::Tensor forward(const at::Tensor& x) const { return at::conv2d(x, weight, bias); }
  void redraw();  // from LibTorch's default generator
  at::Tensor weight, bias;  // [out, in, 1, 1], [out]; buffers
};

// The U-Net of guided-diffusion with the highway beside it (submodule hwm). V2: the highway's decoder features, without
// gradient, are added to the output of input block 0 (or weigh it: uncertain_attention). V1: the U-Net's features at its first four downsamplings modulate the
// highway, whose projected bottleneck is added before the middle block.
class Network : public GuidedUNet {
 public:
  explicit Network(const NetworkSettings& settings);
  struct Answer {
    at::Tensor output, calibration;  // [B, 2 masks, H, W]: noise (or x0), v; [B, masks, H, W] in [0, 1]
  };
  // x [B, image + mask channels, H, W].
  Answer forward(const at::Tensor& x, const at::Tensor& t, const at::Tensor& y = {});

  // V2, what depends on the image alone: the image's part of input block 0 with bias and anchors, and the calibration.
  struct Seen {
    at::Tensor stem, calibration;
    at::Tensor attention, bottleneck;  // where the settings ask for them
  };
  Seen look(const at::Tensor& image);
  // V2: forward() of an image that was looked at. mask [M B, K, H, W]: M masks of each image, row i of image i % B.
  at::Tensor denoise(const at::Tensor& mask, const at::Tensor& t, const Seen& seen, const at::Tensor& y = {});

  Highway& highway() { return *highway_; }
  Projection* projection() { return projection_.get(); }
  std::shared_ptr<Projection> shared_projection() { return projection_; }
  std::int64_t image_channels() const { return network_.highway.image_channels; }
  std::int64_t mask_channels() const { return network_.highway.mask_channels; }

 private:
  at::Tensor anchors(const Highway::Seen& seen) const;
  // V2: input block 0 beside the anchors, or under their attention; and the rest of the U-Net.
  at::Tensor attended(const at::Tensor& stem, const at::Tensor& attention) const;
  at::Tensor from_attended(const at::Tensor& stem, const at::Tensor& t, const at::Tensor& y, const at::Tensor& bottleneck);
  NetworkSettings network_;
  std::shared_ptr<Highway> highway_;
  std::shared_ptr<UncertainAttention> attention_;
  std::shared_ptr<SpectrumTransformer> transformer_;
  std::shared_ptr<Projection> projection_;  // no submodule: published files do not hold it
};

// Of the U-Net's input blocks, those that end each level: where V1 takes the highway's conditions.
std::vector<std::int64_t> condition_blocks(const GuidedUNetSettings& unet);

}  // namespace plexus::medsegdiff
