#include <plexus/nn/unet.hpp>

#include <stdexcept>

#include <torch/torch.h>

namespace plexus {
namespace {

class Down : public torch::nn::Module {
 public:
  Down(std::int64_t in, std::int64_t out, double dropout)
      : maxpool_conv_(torch::nn::MaxPool2d(2), std::make_shared<ConvBlock>(in, out, dropout)) {
    register_module("maxpool_conv", maxpool_conv_);
  }
  at::Tensor forward(const at::Tensor& x) { return maxpool_conv_->forward(x); }

 private:
  torch::nn::Sequential maxpool_conv_;
};

class Up : public torch::nn::Module {
 public:
  Up(std::int64_t in, std::int64_t out)
      : conv1x1_(torch::nn::Conv2dOptions(in, out, 1)), conv_(std::make_shared<ConvBlock>(2 * out, out, 0.0)) {
    register_module("conv1x1", conv1x1_);
    register_module("conv", conv_);
  }
  at::Tensor forward(const at::Tensor& low, const at::Tensor& skip) {
    return conv_->forward(upsample_and_join(conv1x1_, low, skip));
  }

 private:
  torch::nn::Conv2d conv1x1_;
  std::shared_ptr<ConvBlock> conv_;
};

}  // namespace

class UNet2d::Encoder : public torch::nn::Module {
 public:
  explicit Encoder(const UNetSettings& s) : in_conv_(std::make_shared<ConvBlock>(s.in_channels, s.widths[0], s.dropout[0])) {
    register_module("in_conv", in_conv_);
    for (std::size_t k = 1; k < s.widths.size(); ++k) {
      down_.push_back(
          register_module("down" + std::to_string(k), std::make_shared<Down>(s.widths[k - 1], s.widths[k], s.dropout[k])));
    }
  }
  std::vector<at::Tensor> forward(const at::Tensor& image) {
    std::vector<at::Tensor> features{in_conv_->forward(image)};
    for (auto& down : down_) features.push_back(down->forward(features.back()));
    return features;
  }

 private:
  std::shared_ptr<ConvBlock> in_conv_;
  std::vector<std::shared_ptr<Down>> down_;
};

class UNet2d::Decoder : public torch::nn::Module {
 public:
  explicit Decoder(const UNetSettings& s) : out_conv_(torch::nn::Conv2dOptions(s.widths[0], s.classes, 3).padding(1)) {
    const auto levels = s.widths.size();
    for (std::size_t k = 1; k < levels; ++k) {
      up_.push_back(
          register_module("up" + std::to_string(k), std::make_shared<Up>(s.widths[levels - k], s.widths[levels - k - 1])));
    }
    register_module("out_conv", out_conv_);
  }
  at::Tensor forward(const std::vector<at::Tensor>& features) {
    auto x = features.back();
    for (std::size_t k = 0; k < up_.size(); ++k) x = up_[k]->forward(x, features[features.size() - 2 - k]);
    return out_conv_->forward(x);
  }

 private:
  std::vector<std::shared_ptr<Up>> up_;
  torch::nn::Conv2d out_conv_;
};

std::string UNetSettings::problem() const {
  if (in_channels < 1 || classes < 1) return "a network needs at least one channel and one class";
  if (widths.size() < 2 || widths.size() > 12) return "2 to 12 widths are expected, one for each level";
  if (dropout.size() != widths.size()) return "there must be one dropout rate for each width";
  for (const auto width : widths) {
    if (width < 1) return "widths are at least 1";
  }
  for (const auto rate : dropout) {
    if (!(rate >= 0 && rate < 1)) return "dropout rates lie in [0, 1)";
  }
  return "";
}

UNet2d::UNet2d(const UNetSettings& settings) : settings_(settings) {
  if (const auto problem = settings.problem(); !problem.empty()) throw std::logic_error("UNet2d: " + problem);
  encoder_ = register_module("encoder", std::make_shared<Encoder>(settings));
  decoder_ = register_module("decoder", std::make_shared<Decoder>(settings));
}

at::Tensor UNet2d::forward(const at::Tensor& image) { return decoder_->forward(encoder_->forward(image)); }

}  // namespace plexus
