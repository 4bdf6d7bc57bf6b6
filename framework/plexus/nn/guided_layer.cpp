#include <plexus/nn/guided_layer.hpp>

#include <torch/torch.h>

namespace plexus {
namespace {

torch::nn::Conv2d conv3x3_of_stride(std::int64_t channels, std::int64_t stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 3).stride(stride).padding(1));
}

}  // namespace

torch::nn::GroupNorm guided_norm(std::int64_t channels) { return torch::nn::GroupNorm(torch::nn::GroupNormOptions(32, channels)); }

at::Tensor guided_normalised(torch::nn::GroupNorm& norm, const at::Tensor& x) {
  const auto type = x.scalar_type();
  const bool half = type == at::kBFloat16 || type == at::kHalf;
  const auto y = at::group_norm(half ? x.to(at::kFloat) : x, norm->options.num_groups(), norm->weight, norm->bias,
                                norm->options.eps());
  return half ? y.to(type) : y;
}

at::Tensor guided_activated(torch::nn::GroupNorm& norm, const at::Tensor& x) {
  auto y = guided_normalised(norm, x);
  return y.requires_grad() ? at::silu(y) : at::silu_(y);
}

at::Tensor doubled(const at::Tensor& x) { return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)}); }
at::Tensor halved(const at::Tensor& x) { return at::avg_pool2d(x, {2, 2}); }

GuidedDownsample::GuidedDownsample(std::int64_t channels, bool convolution) {
  if (convolution) op_ = register_module("op", conv3x3_of_stride(channels, 2));
}

at::Tensor GuidedDownsample::forward(const at::Tensor& x, const at::Tensor&) {
  return op_.is_empty() ? halved(x) : op_->forward(x);
}

GuidedUpsample::GuidedUpsample(std::int64_t channels, bool convolution) {
  if (convolution) conv_ = register_module("conv", conv3x3_of_stride(channels, 1));
}

at::Tensor GuidedUpsample::forward(const at::Tensor& x, const at::Tensor&) {
  return conv_.is_empty() ? doubled(x) : conv_->forward(doubled(x));
}

}  // namespace plexus
