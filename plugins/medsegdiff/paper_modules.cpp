#include "paper_modules.hpp"

#include <cmath>

#include <torch/torch.h>

namespace plexus::medsegdiff {
namespace {

constexpr std::int64_t kRadius = 3;      // pixels that the smoothing reaches
constexpr std::int64_t kFrequencies = 16;  // features of a frequency in the filter

torch::nn::GroupNorm layer_norm(std::int64_t channels) {
  return torch::nn::GroupNorm(torch::nn::GroupNormOptions(1, channels));
}

torch::nn::Conv2d pointwise(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1));
}

// Coefficients [B, h w, C] of features [B, C, h, w].
at::Tensor spectrum(const at::Tensor& x) {
  return at::fft_fft2(x.to(at::kFloat), at::OptionalIntArrayRef(), {-2, -1}, "ortho").flatten(2).transpose(1, 2);
}

}  // namespace

DynamicEncoding::DynamicEncoding(std::int64_t channels) : own_(layer_norm(channels)), other_(layer_norm(channels)) {
  register_module("own", own_);
  register_module("other", other_);
}

at::Tensor DynamicEncoding::forward(const at::Tensor& x, const at::Tensor& filtered) {
  return x * own_->forward(x) * other_->forward(filtered);
}

UncertainAttention::UncertainAttention(std::int64_t channels)
    : log_sigma_(register_parameter("log_sigma", torch::zeros({1}))), conv_(pointwise(channels, 1)) {
  register_module("conv", conv_);
}

at::Tensor UncertainAttention::smoothed(const at::Tensor& anchors) const {
  const auto channels = anchors.size(1);
  const auto distance = at::arange(-kRadius, kRadius + 1, log_sigma_.options());
  const auto weight = at::softmax(-0.5 * (distance / log_sigma_.exp()).square(), 0).to(anchors.scalar_type());
  const auto padded = at::replication_pad2d(anchors, {kRadius, kRadius, kRadius, kRadius});
  const auto along = weight.view({1, 1, 1, -1}).expand({channels, 1, 1, -1});
  const auto filtered = [&](const at::Tensor& x, const at::Tensor& kernel) {
    return at::conv2d(x, kernel, /*bias=*/{}, /*stride=*/1, at::IntArrayRef{0, 0}, /*dilation=*/1, channels);
  };
  return filtered(filtered(padded, along), along.transpose(2, 3));
}

at::Tensor UncertainAttention::forward(const at::Tensor& anchors) {
  return at::sigmoid(conv_->forward(at::maximum(anchors, smoothed(anchors))));
}

SpectrumAttention::SpectrumAttention(std::int64_t channels, std::int64_t time_channels)
    : query_(pointwise(channels, channels)),
      key_(pointwise(channels, channels)),
      value_(pointwise(channels, channels)),
      out_(pointwise(channels, channels)),
      frequency_(1, kFrequencies),
      time_(time_channels, 2 * kFrequencies),
      gate_(kFrequencies, 1) {
  register_module("query", query_);
  register_module("key", key_);
  register_module("value", value_);
  register_module("out", out_);
  register_module("frequency", frequency_);
  register_module("time", time_);
  register_module("gate", gate_);
  const at::NoGradGuard no_grad;
  out_->weight.zero_();
  out_->bias.zero_();
}

at::Tensor SpectrumAttention::passed(const at::Tensor& told, std::int64_t height, std::int64_t width) {
  const auto along = [&](std::int64_t n) { return at::fft_fftfreq(n, 1.0, told.options()).abs() * 2; };
  const auto radius = (along(height).square().unsqueeze(1) + along(width).square().unsqueeze(0)).sqrt().view({-1, 1});
  const auto modulation = time_->forward(at::silu(told)).unsqueeze(1).chunk(2, 2);
  const auto features = frequency_->forward(radius).unsqueeze(0);
  return at::sigmoid(gate_->forward(at::silu(features * (1 + modulation[0]) + modulation[1]))).squeeze(2);
}

at::Tensor SpectrumAttention::forward(const at::Tensor& asking, const at::Tensor& asked, const at::Tensor& told) {
  const auto batch = asking.size(0), channels = asking.size(1), height = asking.size(2), width = asking.size(3);
  const auto n = height * width;
  const auto query = spectrum(query_->forward(asking)), key = spectrum(key_->forward(asked));
  const auto band = passed(told, height, width).to(at::kFloat);
  auto affinity = at::matmul(query, key.conj().transpose(1, 2)) / std::sqrt(static_cast<double>(channels));
  affinity = affinity * band.unsqueeze(2) * band.unsqueeze(1);
  // Rows lie in frequency, columns in conjugate frequency.
  affinity = at::fft_ifft2(affinity.view({batch, height, width, n}), at::OptionalIntArrayRef(), {1, 2}, "ortho");
  affinity = at::fft_fft2(affinity.view({batch, n, height, width}), at::OptionalIntArrayRef(), {2, 3}, "ortho");
  const auto weights = at::softmax(at::real(affinity).reshape({batch, n, n}), 2);
  const auto values = value_->forward(asked).flatten(2).transpose(1, 2).to(at::kFloat);
  const auto found = at::matmul(weights, values).transpose(1, 2).reshape(asking.sizes());
  return out_->forward(found.to(asking.scalar_type()));
}

SpectrumTransformer::SpectrumTransformer(std::int64_t channels, std::int64_t highway_channels, std::int64_t time_channels)
    : project_(pointwise(highway_channels, channels)),
      to_image_(std::make_shared<SpectrumAttention>(channels, time_channels)),
      to_noise_(std::make_shared<SpectrumAttention>(channels, time_channels)) {
  register_module("project", project_);
  register_module("to_image", to_image_);
  register_module("to_noise", to_noise_);
}

at::Tensor SpectrumTransformer::forward(const at::Tensor& h, const at::Tensor& seen, const at::Tensor& told) {
  auto image = project_->forward(seen);
  if (image.size(2) != h.size(2) || image.size(3) != h.size(3))
    image = at::upsample_bilinear2d(image, {h.size(2), h.size(3)}, false);
  const auto asked = h + to_image_->forward(h, image, told);
  return asked + to_noise_->forward(image, asked, told);
}

}  // namespace plexus::medsegdiff
