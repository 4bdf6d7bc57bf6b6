#include "deform_unet.hpp"

#include <array>
#include <string>
#include <vector>

#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace plexus::mls {
namespace {

torch::nn::Conv2d conv3x3(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1));
}

// Convolution and LeakyReLU of slope 0.2; state name main.
class Block : public torch::nn::Module {
 public:
  Block(std::int64_t in, std::int64_t out) : main_(register_module("main", conv3x3(in, out))) {}
  at::Tensor forward(const at::Tensor& x) { return at::leaky_relu(main_->forward(x), 0.2); }

 private:
  torch::nn::Conv2d main_;
};

// Keeps the identity grid [1, 2, H, W] that the authors' files hold; the forward pass makes its own.
class Transformer : public torch::nn::Module {
 public:
  Transformer(std::int64_t height, std::int64_t width) {
    const auto axes = at::meshgrid({at::arange(height), at::arange(width)}, "ij");
    register_buffer("grid", at::stack(axes).unsqueeze(0).to(at::kFloat));
  }
};

// Blocks of one level stand in a list of their own: state names L.0.main.
torch::nn::ModuleList level(std::int64_t in, std::int64_t out) { return torch::nn::ModuleList(std::make_shared<Block>(in, out)); }

at::Tensor run_level(torch::nn::ModuleList& levels, std::size_t k, const at::Tensor& x) {
  return levels->ptr(k)->as<torch::nn::ModuleListImpl>()->ptr(0)->as<Block>()->forward(x);
}

torch::nn::Sequential head(const std::vector<std::int64_t>& channels) {
  torch::nn::Sequential layers;
  for (std::size_t k = 0; k + 1 < channels.size(); ++k) layers->push_back(std::make_shared<Block>(channels[k], channels[k + 1]));
  layers->push_back(conv3x3(channels.back(), 2));
  return layers;
}

at::Tensor enlarged(const at::Tensor& flow, at::IntArrayRef size) { return at::upsample_bilinear2d(flow, size, false); }

constexpr std::array<std::int64_t, 4> encoder_widths{16, 32, 32, 32}, decoder_widths{32, 32, 32, 32};
constexpr std::array<std::int64_t, 3> remaining_widths{32, 16, 16};

}  // namespace

DeformUNet::DeformUNet(std::int64_t height, std::int64_t width, std::int64_t features) : flow_(conv3x3(remaining_widths.back(), 2)) {
  encoder_ = register_module("encoder", torch::nn::ModuleList());
  auto channels = features;
  for (const auto out : encoder_widths) {
    encoder_->push_back(level(channels, out));
    channels = out;
  }
  decoder_ = register_module("decoder", torch::nn::ModuleList());
  for (std::size_t k = 0; k < decoder_widths.size(); ++k) {
    decoder_->push_back(level(channels, decoder_widths[k]));
    channels = decoder_widths[k] + encoder_widths[encoder_widths.size() - 1 - k];
  }
  remaining_ = register_module("remaining", torch::nn::ModuleList());
  for (const auto out : remaining_widths) {
    remaining_->push_back(std::make_shared<Block>(channels, out));
    channels = out;
  }
  register_module("flow", flow_);
  register_module("transformer", std::make_shared<Transformer>(height, width));
  coarse_ = register_module("flow1", head({32, 16, 8, 4}));
  middle_ = register_module("flow2", head({32, 16, 8}));
  const torch::NoGradGuard no_grad;
  flow_->weight.normal_(0, 1e-5);
  flow_->bias.zero_();
}

at::Tensor DeformUNet::forward(const at::Tensor& x) {
  const auto size = x.sizes().slice(2);
  if (size[0] % 16 != 0 || size[1] % 16 != 0)
    throw Error(ErrorKind::data,
                "slices of " + std::to_string(size[0]) + " x " + std::to_string(size[1]) + " pixels: the deformation network needs multiples of 16",
                "model mls", "prepare the scans with such a size");
  std::vector<at::Tensor> skips;
  auto y = x;
  for (std::size_t k = 0; k < encoder_widths.size(); ++k) {
    skips.push_back(run_level(encoder_, k, y));
    y = at::max_pool2d(skips.back(), {2, 2});
  }
  at::Tensor coarse, middle;
  for (std::size_t k = 0; k < decoder_widths.size(); ++k) {
    y = run_level(decoder_, k, y);
    if (k == 0) coarse = enlarged(coarse_->forward(y), size);
    if (k == 2) middle = enlarged(middle_->forward(y), size);
    const auto& skip = skips[skips.size() - 1 - k];
    y = at::cat({at::upsample_nearest2d(y, skip.sizes().slice(2)), skip}, 1);
  }
  for (std::size_t k = 0; k < remaining_widths.size(); ++k) y = remaining_->ptr(k)->as<Block>()->forward(y);
  return flow_->forward(y) + middle + coarse;
}

}  // namespace plexus::mls
