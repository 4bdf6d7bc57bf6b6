#include <plexus/nn/spade.hpp>

#include <algorithm>
#include <string>

#include <torch/torch.h>

namespace plexus {
namespace {

constexpr double kEpsilon = 1e-5;

torch::nn::Conv2d padded_conv(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1));
}

torch::nn::Conv2d pixel_conv(std::int64_t in, std::int64_t out) { return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1)); }

at::Tensor instance_normalised(const at::Tensor& x) {
  return at::instance_norm(x, {}, {}, {}, {}, /*use_input_stats=*/true, 0, kEpsilon, at::globalContext().userEnabledCuDNN());
}

at::Tensor modulated(const at::Tensor& normal, const Spade::Modulation& by) {
  return at::addcmul(by.shift, normal, by.scale);
}

}  // namespace

Spade::Spade(std::int64_t condition_channels, std::int64_t channels, std::int64_t embed_channels)
    : embedding_(padded_conv(condition_channels, embed_channels), torch::nn::ReLU()),
      gamma_(padded_conv(embed_channels, channels)),
      beta_(padded_conv(embed_channels, channels)) {
  register_module("embedding", embedding_);
  register_module("gamma", gamma_);
  register_module("beta", beta_);
}

Spade::Modulation Spade::modulation(const at::Tensor& condition, std::int64_t height, std::int64_t width) {
  const bool same = condition.size(2) == height && condition.size(3) == width;
  const auto hidden = embedding_->forward(same ? condition : at::upsample_nearest2d(condition, {height, width}));
  return {gamma_->forward(hidden) + 1, beta_->forward(hidden)};
}

at::Tensor Spade::apply(const at::Tensor& x, const Modulation& modulation) { return modulated(instance_normalised(x), modulation); }

SpadeBlock::SpadeBlock(std::int64_t condition_channels, std::int64_t in, std::int64_t out, std::int64_t embed_channels)
    : conv_{pixel_conv(in, std::min(in, out)), pixel_conv(std::min(in, out), out), pixel_conv(in, out)} {
  const std::array<std::int64_t, 3> channels{in, std::min(in, out), in};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = std::to_string(i + 1);
    register_module("conv_" + number, conv_[i]);
    spade_[i] = register_module("SPADE_norm_" + number, std::make_shared<Spade>(condition_channels, channels[i], embed_channels));
  }
}

SpadeBlock::Modulations SpadeBlock::modulations(const at::Tensor& condition, std::int64_t height, std::int64_t width) {
  return {spade_[0]->modulation(condition, height, width), spade_[1]->modulation(condition, height, width),
          spade_[2]->modulation(condition, height, width)};
}

at::Tensor SpadeBlock::forward(const at::Tensor& x, const Modulations& modulations) {
  const auto normal = instance_normalised(x);  // of the first and of the third alike
  const auto inner = conv_[0]->forward(at::silu(modulated(normal, modulations[0])));
  const auto main = conv_[1]->forward(at::silu(Spade::apply(inner, modulations[1])));
  return main + conv_[2]->forward(at::silu(modulated(normal, modulations[2])));
}

}  // namespace plexus
