#include <plexus/nn/guided_residual.hpp>

#include <torch/torch.h>

namespace plexus {

using Resampling = GuidedResidualSettings::Resampling;

GuidedResidual::GuidedResidual(const GuidedResidualSettings& s)
    : settings_(s),
      norm_in_(guided_norm(s.channels)),
      norm_out_(guided_norm(s.out_channels)),
      conv_in_(torch::nn::Conv2dOptions(s.channels, s.out_channels, 3).padding(1)),
      conv_out_(zeroed(torch::nn::Conv2d(torch::nn::Conv2dOptions(s.out_channels, s.out_channels, 3).padding(1)))),
      told_(s.embedding, s.scale_shift ? 2 * s.out_channels : s.out_channels),
      dropout_(s.dropout) {
  const auto group = [this](const char* name) { return register_module(name, std::make_shared<torch::nn::Module>()); };
  const auto in = group("in_layers");
  in->register_module("0", norm_in_);
  in->register_module("2", conv_in_);
  group("emb_layers")->register_module("1", told_);
  const auto out = group("out_layers");
  out->register_module("0", norm_out_);
  out->register_module("2", dropout_);
  out->register_module("3", conv_out_);
  if (s.channels != s.out_channels) {
    const auto size = s.wide_skip ? 3 : 1;
    skip_ = torch::nn::Conv2d(torch::nn::Conv2dOptions(s.channels, s.out_channels, size).padding(size / 2));
    register_module("skip_connection", skip_);
  }
}

at::Tensor GuidedResidual::resampled(const at::Tensor& x) const {
  if (settings_.resampling == Resampling::none) return x;
  return settings_.resampling == Resampling::up ? doubled(x) : halved(x);
}

at::Tensor GuidedResidual::forward(const at::Tensor& x, const at::Tensor& embedding) {
  auto h = conv_in_->forward(resampled(guided_activated(norm_in_, x)));
  const auto told = told_->forward(at::silu(embedding)).to(h.scalar_type()).unsqueeze(-1).unsqueeze(-1);
  if (settings_.scale_shift) {
    const auto halves = told.chunk(2, 1);
    h = at::silu(guided_normalised(norm_out_, h) * (1 + halves[0]) + halves[1]);
  } else {
    h = guided_activated(norm_out_, h + told);
  }
  h = conv_out_->forward(dropout_->forward(h));
  const auto along = resampled(x);
  return (skip_.is_empty() ? along : skip_->forward(along)) + h;
}

}  // namespace plexus
