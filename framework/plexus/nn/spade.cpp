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

at::Tensor resized(const at::Tensor& condition, std::int64_t height, std::int64_t width) {
  const bool same = condition.size(2) == height && condition.size(3) == width;
  return same ? condition : at::upsample_nearest2d(condition, {height, width});
}

}  // namespace

std::optional<Neighbourhoods> neighbourhoods(const at::Tensor& condition) {
  if (!condition.is_cpu() || condition.size(1) != 1) return std::nullopt;
  const auto mask = condition.detach().squeeze(1);
  const auto one = mask.eq(1);
  if (!one.logical_or(mask.eq(0)).all().item<bool>()) return std::nullopt;
  const auto batch = mask.size(0), height = mask.size(1), width = mask.size(2);
  // 25 bits of pixels, row by row, then above, below, left and right border.
  const auto padded = at::constant_pad_nd(one.to(at::kLong), {2, 2, 2, 2}, 0);
  auto code = at::zeros({batch, height, width}, at::kLong);
  for (std::int64_t k = 0; k < 25; ++k)
    code.add_(padded.slice(1, k / 5, k / 5 + height).slice(2, k % 5, k % 5 + width), std::int64_t{1} << k);
  code.select(1, 0).add_(std::int64_t{1} << 25);
  code.select(1, height - 1).add_(std::int64_t{1} << 26);
  code.select(2, 0).add_(std::int64_t{1} << 27);
  code.select(2, width - 1).add_(std::int64_t{1} << 28);
  auto [distinct, of] = at::_unique(code.flatten(), /*sorted=*/true, /*return_inverse=*/true);
  if (3 * distinct.numel() > of.numel()) return std::nullopt;
  const auto bit = [&codes = distinct](std::int64_t from, std::int64_t count) {
    const auto shifts = at::arange(from, from + count, at::kLong);
    return at::bitwise_right_shift(codes.unsqueeze(1), shifts.unsqueeze(0)).bitwise_and(1);
  };
  auto inside = at::ones({distinct.numel(), 1, 3, 3}, condition.options());
  const auto border = 1 - bit(25, 4).to(condition.scalar_type()).view({-1, 4, 1, 1});
  inside.slice(2, 0, 1).mul_(border.slice(1, 0, 1));
  inside.slice(2, 2, 3).mul_(border.slice(1, 1, 2));
  inside.slice(3, 0, 1).mul_(border.slice(1, 2, 3));
  inside.slice(3, 2, 3).mul_(border.slice(1, 3, 4));
  return Neighbourhoods{bit(0, 25).to(condition.scalar_type()).view({-1, 1, 5, 5}), inside, of, batch, height, width};
}

Spade::Spade(std::int64_t condition_channels, std::int64_t channels, std::int64_t embed_channels)
    : embedding_(padded_conv(condition_channels, embed_channels), torch::nn::ReLU()),
      gamma_(padded_conv(embed_channels, channels)),
      beta_(padded_conv(embed_channels, channels)) {
  register_module("embedding", embedding_);
  register_module("gamma", gamma_);
  register_module("beta", beta_);
}

Spade::Modulation Spade::modulation(const at::Tensor& condition, std::int64_t height, std::int64_t width) {
  const auto hidden = embedding_->forward(resized(condition, height, width));
  return {gamma_->forward(hidden) + 1, beta_->forward(hidden)};
}

Spade::Modulation Spade::modulation(const Neighbourhoods& condition) {
  const auto& embedding = *embedding_[0]->as<torch::nn::Conv2d>();
  const auto hidden = at::relu(at::conv2d(condition.patches, embedding.weight, embedding.bias)) * condition.inside;
  const auto dealt = [&](const torch::nn::Conv2dImpl& conv, double added) {
    const auto rows = at::addmm(conv.bias + added, hidden.flatten(1), conv.weight.flatten(1).t()).index_select(0, condition.of);
    return rows.view({condition.batch, condition.height, condition.width, -1}).permute({0, 3, 1, 2}).contiguous();
  };
  return {dealt(*gamma_, 1), dealt(*beta_, 0)};
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
  const auto sized = resized(condition, height, width);
  if (const auto few = neighbourhoods(sized))
    return {spade_[0]->modulation(*few), spade_[1]->modulation(*few), spade_[2]->modulation(*few)};
  return {spade_[0]->modulation(sized, height, width), spade_[1]->modulation(sized, height, width),
          spade_[2]->modulation(sized, height, width)};
}

at::Tensor SpadeBlock::forward(const at::Tensor& x, const Modulations& modulations) {
  const auto normal = instance_normalised(x);  // of the first and of the third alike
  const auto inner = conv_[0]->forward(at::silu(modulated(normal, modulations[0])));
  const auto main = conv_[1]->forward(at::silu(Spade::apply(inner, modulations[1])));
  return main + conv_[2]->forward(at::silu(modulated(normal, modulations[2])));
}

}  // namespace plexus
