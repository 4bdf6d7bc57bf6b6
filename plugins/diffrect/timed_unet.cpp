#include "timed_unet.hpp"

#include <string>

#include <torch/torch.h>

namespace plexus::diffrect {

TimedDown::TimedDown(std::int64_t in, std::int64_t out, double dropout)
    : conv_(register_module("conv", std::make_shared<TimedConvBlock>(in, out, kTimeWidth, dropout))) {}

at::Tensor TimedDown::forward(const at::Tensor& x, const at::Tensor& time) {
  return conv_->forward(at::max_pool2d(x, 2), time);
}

TimedUp::TimedUp(std::int64_t in, std::int64_t out) : conv1x1_(torch::nn::Conv2dOptions(in, out, 1)) {
  register_module("conv1x1", conv1x1_);
  conv_ = register_module("conv", std::make_shared<TimedConvBlock>(2 * out, out, kTimeWidth, 0.0));
}

at::Tensor TimedUp::forward(const at::Tensor& low, const at::Tensor& skip, const at::Tensor& time) {
  return conv_->forward(upsample_and_join(conv1x1_, low, skip), time);
}

TimedEncoder::TimedEncoder(std::int64_t in_channels, const std::vector<std::int64_t>& widths,
                           const std::vector<double>& dropout)
    : in_conv_(register_module("in_conv", std::make_shared<TimedConvBlock>(in_channels, widths[0], kTimeWidth, dropout[0]))) {
  for (std::size_t k = 1; k < widths.size(); ++k) {
    down_.push_back(
        register_module("down" + std::to_string(k), std::make_shared<TimedDown>(widths[k - 1], widths[k], dropout[k])));
  }
}

std::vector<at::Tensor> TimedEncoder::forward(const at::Tensor& x, const at::Tensor& time,
                                              const std::vector<at::Tensor>& added) {
  std::vector<at::Tensor> features;
  for (std::size_t k = 0; k <= down_.size(); ++k) {
    auto feature = k == 0 ? in_conv_->forward(x, time) : down_[k - 1]->forward(features.back(), time);
    features.push_back(added.empty() ? feature : feature + added[k]);
  }
  return features;
}

TimedDecoder::TimedDecoder(std::int64_t classes, const std::vector<std::int64_t>& widths)
    : out_conv_(torch::nn::Conv2dOptions(widths[0], classes, 3).padding(1)) {
  const auto levels = widths.size();
  for (std::size_t k = 1; k < levels; ++k) {
    up_.push_back(
        register_module("up" + std::to_string(k), std::make_shared<TimedUp>(widths[levels - k], widths[levels - k - 1])));
  }
  register_module("out_conv", out_conv_);
}

at::Tensor TimedDecoder::forward(const std::vector<at::Tensor>& features, const at::Tensor& time) {
  auto x = features.back();
  for (std::size_t k = 0; k < up_.size(); ++k) x = up_[k]->forward(x, features[features.size() - 2 - k], time);
  return out_conv_->forward(x);
}

LatentDenoiser::LatentDenoiser(std::int64_t width)
    : down1_(register_module("down1", std::make_shared<TimedDown>(width, width * 3 / 2, 0.0))),
      down2_(register_module("down2", std::make_shared<TimedDown>(width * 3 / 2, width * 2, 0.0))),
      up1_(register_module("up1", std::make_shared<TimedUp>(width * 2, width * 3 / 2))),
      up2_(register_module("up2", std::make_shared<TimedUp>(width * 3 / 2, width))),
      temb_(register_module("temb", std::make_shared<TimeMlp>(kTimeEmbedding, kTimeWidth))) {}

at::Tensor LatentDenoiser::forward(const at::Tensor& x, const at::Tensor& t, const at::Tensor& condition) {
  const auto time = temb_->forward(t);
  const auto x1 = down1_->forward(x, time);
  const auto x2 = down2_->forward(x1, time);
  return up2_->forward(up1_->forward(x2, x1, time), x + condition, time);
}

}  // namespace plexus::diffrect
