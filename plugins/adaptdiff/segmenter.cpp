#include "segmenter.hpp"

#include <algorithm>
#include <stdexcept>

#include <torch/torch.h>
#include <plexus/nn/batch_norm.hpp>

namespace plexus::adaptdiff {
namespace {

torch::nn::Conv2d conv3x3(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1));
}

}  // namespace

std::string ResUnetSettings::problem() const {
  if (widths.empty()) return "widths needs one level at least";
  if (std::any_of(widths.begin(), widths.end(), [](auto width) { return width < 1; })) return "widths must be positive";
  if (in_channels < 1 || classes < 2) return "a segmentation needs a channel and two classes";
  return "";
}

// ReLU(align(x) + dualconv(align(x))).
class ResUnet::Block : public torch::nn::Module {
 public:
  Block(std::int64_t in, std::int64_t out)
      : align_(torch::nn::Conv2dOptions(in, out, 1)),
        dualconv_(conv3x3(out, out), std::make_shared<BatchNorm>(out), torch::nn::ELU(torch::nn::ELUOptions().inplace(true)),
                  conv3x3(out, out), std::make_shared<BatchNorm>(out)) {
    register_module("align", align_);
    register_module("dualconv", dualconv_);
  }
  at::Tensor forward(const at::Tensor& x) {
    const auto aligned = align_->forward(x);
    return at::relu(aligned + dualconv_->forward(aligned));
  }

 private:
  torch::nn::Conv2d align_;
  torch::nn::Sequential dualconv_;
};

ResUnet::ResUnet(const ResUnetSettings& settings) : settings_(settings) {
  if (const auto wrong = settings.problem(); !wrong.empty()) throw std::logic_error("ResUnet: " + wrong);
  const auto& widths = settings.widths;
  std::int64_t before = settings.in_channels;
  for (const auto width : widths) {
    encoder_.push_back(std::make_shared<Block>(before, width));
    down_->push_back(down_sampling(width, Activation::elu));
    before = width;
  }
  for (std::size_t i = widths.size(); i-- > 0;) {
    up_->push_back(up_sampling(widths[i], Activation::elu));
    decoder_.push_back(std::make_shared<Block>(2 * widths[i], i > 0 ? widths[i - 1] : settings.classes));
  }
  register_module("encoder", list_of(encoder_));
  register_module("decoder", list_of(decoder_));
  register_module("td", down_);
  register_module("tu", up_);
}

ResUnet::Answer ResUnet::forward(const at::Tensor& x) {
  auto feature = x;
  std::vector<at::Tensor> skips;
  for (std::size_t i = 0; i < encoder_.size(); ++i) {
    skips.push_back(encoder_[i]->forward(feature));
    feature = down_[i]->as<torch::nn::Sequential>()->forward(skips.back());
  }
  const auto latent = feature;
  for (std::size_t i = 0; i < decoder_.size(); ++i) {
    const auto wide = up_[i]->as<torch::nn::Sequential>()->forward(feature);
    feature = decoder_[i]->forward(at::cat({wide, skips[skips.size() - 1 - i]}, 1));
  }
  return {feature, latent};
}

ResUnetAlt::ResUnetAlt(std::int64_t in_channels, std::int64_t classes, const std::vector<std::int64_t>& widths)
    : initial_(conv3x3(in_channels, widths.at(0))), final_(torch::nn::Conv2dOptions(widths.at(0), classes, 1)) {
  const auto& c = widths;
  const std::vector<std::int64_t> u(c.rbegin(), c.rend());
  for (std::size_t i = 0; i + 1 < c.size(); ++i) {
    encoder_.push_back(std::make_shared<ResidualBlock>(c[i], c[i + 1]));
    down_->push_back(down_sampling(c[i + 1], Activation::relu));
    decoder_.push_back(std::make_shared<ResidualBlock>(2 * u[i], u[i + 1]));
    up_->push_back(up_sampling(u[i], Activation::relu));
  }
  register_module("initial", initial_);
  register_module("encoder_resblk", list_of(encoder_));
  register_module("encoder_down_sample", down_);
  register_module("decoder_resblk", list_of(decoder_));
  register_module("decoder_up_sample", up_);
  register_module("final", final_);
}

at::Tensor ResUnetAlt::forward(const at::Tensor& x) {
  auto feature = initial_->forward(x);
  std::vector<at::Tensor> skips;
  for (std::size_t i = 0; i < encoder_.size(); ++i) {
    skips.push_back(encoder_[i]->forward(feature));
    feature = down_[i]->as<torch::nn::Sequential>()->forward(skips.back());
  }
  for (std::size_t j = 0; j < decoder_.size(); ++j) {
    const auto wide = up_[j]->as<torch::nn::Sequential>()->forward(feature);
    feature = decoder_[j]->forward(at::cat({wide, skips[skips.size() - 1 - j]}, 1));
  }
  return final_->forward(feature);
}

ResUnetSettings settings_of(const std::vector<std::pair<std::string, at::Tensor>>& state, ResUnetSettings otherwise) {
  auto settings = std::move(otherwise);
  std::vector<std::int64_t> widths;
  for (const auto& [name, tensor] : state) {
    if (tensor.dim() != 4 || !name.ends_with(".align.weight")) continue;
    if (name.starts_with("encoder.")) {
      if (widths.empty()) settings.in_channels = tensor.size(1);
      widths.push_back(tensor.size(0));
    } else if (name.starts_with("decoder.")) {
      settings.classes = tensor.size(0);  // of the last
    }
  }
  if (!widths.empty()) settings.widths = widths;
  return settings;
}

}  // namespace plexus::adaptdiff
