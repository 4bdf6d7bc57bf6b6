#include "blocks.hpp"

#include <cmath>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/nn/conv3d.hpp>

namespace plexus::genericssl {
namespace {

constexpr std::int64_t kGroups = 16;

template <class Layer>
Normalization normalization_of(std::shared_ptr<Layer> layer) {
  return {layer, [of = layer.get()](const at::Tensor& x) { return of->forward(x); }};
}

}  // namespace

Convolution::Convolution(std::int64_t dimensions, const Shape& shape)
    : dimensions_(dimensions), stride_(shape.stride), padding_(shape.padding), transposed_(shape.transposed) {
  std::vector<std::int64_t> sizes{shape.out, shape.in};
  if (shape.transposed) std::swap(sizes[0], sizes[1]);
  std::int64_t fan_in = sizes[1];
  for (std::int64_t axis = 0; axis < dimensions; ++axis) {
    sizes.push_back(shape.kernel);
    fan_in *= shape.kernel;
  }
  weight = register_parameter("weight", torch::empty(sizes));
  bias = register_parameter("bias", torch::empty({shape.out}));
  torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  torch::nn::init::uniform_(bias, -bound, bound);
}

at::Tensor Convolution::forward(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& offsets) const {
  if (dimensions_ == 2) {
    return transposed_ ? at::conv_transpose2d(x, weights, offsets, stride_)
                       : at::conv2d(x, weights, offsets, stride_, padding_);
  }
  return transposed_ ? at::conv_transpose3d(x, weights, offsets, stride_) : conv3d(x, weights, offsets, stride_, padding_);
}

Normalization make_normalization(const BlockSettings& settings, std::int64_t channels) {
  const bool flat = settings.dimensions == 2;
  const auto& name = settings.normalization;
  if (name == "none") return {nullptr, [](const at::Tensor& x) { return x; }};
  if (name == "batchnorm") {
    return flat ? normalization_of(std::make_shared<torch::nn::BatchNorm2dImpl>(channels))
                : normalization_of(std::make_shared<torch::nn::BatchNorm3dImpl>(channels));
  }
  if (name == "instancenorm") {
    const auto options = torch::nn::InstanceNormOptions(channels);
    return flat ? normalization_of(std::make_shared<torch::nn::InstanceNorm2dImpl>(options))
                : normalization_of(std::make_shared<torch::nn::InstanceNorm3dImpl>(options));
  }
  if (name != "groupnorm") {
    throw Error(ErrorKind::configuration,
                "no normalisation '" + name + "'" + did_you_mean(name, {"batchnorm", "groupnorm", "instancenorm", "none"}));
  }
  if (channels % kGroups != 0) {
    throw Error(ErrorKind::configuration,
                "groupnorm has 16 groups, which do not divide " + std::to_string(channels) + " channels", "",
                "take n_filters as a multiple of 16");
  }
  return normalization_of(std::make_shared<torch::nn::GroupNormImpl>(torch::nn::GroupNormOptions(kGroups, channels)));
}

TimeShift::TimeShift(std::int64_t channels) : temb_proj_(kTimeWidth, channels) { register_module("temb_proj", temb_proj_); }

at::Tensor TimeShift::forward(const at::Tensor& time, std::int64_t dimensions) {
  const auto shift = temb_proj_->forward(time);
  std::vector<std::int64_t> shape{shift.size(0), shift.size(1)};
  shape.resize(static_cast<std::size_t>(2 + dimensions), 1);
  return shift.view(shape);
}

at::Tensor plus(const at::Tensor& x, const at::Tensor& y, bool changeable) {
  return changeable ? at::Tensor(x).add_(y) : x + y;
}

Stage::Stage(const BlockSettings& settings, std::int64_t in, std::int64_t out, bool timed, bool told)
    : dropout_(settings.dropout),
      told_(told),
      conv_(register_module(
          "conv", std::make_shared<Convolution>(
                      settings.dimensions, Convolution::Shape{.in = in, .out = out, .kernel = 3, .stride = 1, .padding = 1}))),
      norm_(make_normalization(settings, out)) {
  if (norm_.module) register_module("norm", norm_.module);
  if (!timed) return;
  shift_ = std::make_shared<TimeShift>(out);
  register_module("temb_fusion", shift_);
}

// In place where it may be: memory traffic is what these steps cost.
at::Tensor Stage::finish(at::Tensor x, const at::Tensor& time) {
  x = norm_.apply(x.relu_());
  if (is_training() && dropout_ > 0) {
    if (norm_.changeable())
      at::feature_dropout_(x, dropout_, true);
    else
      x = at::feature_dropout(x, dropout_, true);
  }
  return told_ && time.defined() ? plus(x, shift_->forward(time, x.dim() - 2), norm_.changeable()) : x;
}

Stages::Stages(const BlockSettings& settings, std::int64_t count, std::int64_t in, std::int64_t out, bool timed) {
  torch::nn::ModuleList ops;
  for (std::int64_t i = 0; i < count; ++i) {
    stages_.push_back(std::make_shared<Stage>(settings, i == 0 ? in : out, out, timed, timed && i + 1 < count));
    ops->push_back(stages_.back());
  }
  register_module("ops", ops);
}

at::Tensor Stages::forward(at::Tensor x, const at::Tensor& time) {
  for (const auto& stage : stages_) x = stage->forward(x, time);
  return x;
}

Resize::Resize(const BlockSettings& settings, Way way, std::int64_t in, std::int64_t out, bool timed)
    : conv_(std::make_shared<Convolution>(
          settings.dimensions,
          Convolution::Shape{.in = in, .out = out, .kernel = 2, .stride = 2, .padding = 0, .transposed = way == Way::up})),
      norm_(make_normalization(settings, out)) {
  torch::nn::ModuleList ops;
  ops->push_back(conv_);
  ops->push_back(torch::nn::ReLU());
  if (norm_.module) ops->push_back(norm_.module);
  if (timed) {
    shift_ = std::make_shared<TimeShift>(out);
    ops->push_back(shift_);
  }
  register_module("ops", ops);
}

at::Tensor Resize::forward(const at::Tensor& x, const at::Tensor& time) {
  const auto y = norm_.apply(conv_->forward(x).relu_());
  return shift_ && time.defined() ? plus(y, shift_->forward(time, y.dim() - 2), norm_.changeable()) : y;
}

}  // namespace plexus::genericssl
