#include "highway.hpp"

#include <algorithm>
#include <stdexcept>

#include <torch/torch.h>

namespace plexus::medsegdiff {
namespace {

torch::nn::Conv2d conv1x1(std::int64_t in, std::int64_t out, bool bias = true) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1).bias(bias));
}

std::shared_ptr<torch::nn::Module> slot(torch::nn::Module& parent, const std::string& name) {
  return parent.register_module(name, std::make_shared<torch::nn::Module>());
}

at::Tensor enlarged(const at::Tensor& x, std::int64_t factor) {
  return at::upsample_bilinear2d(x, {factor * x.size(2), factor * x.size(3)}, false);
}

}  // namespace

std::array<std::int64_t, 5> HighwaySettings::widths() const {
  std::array<std::int64_t, 5> all{features};
  for (std::size_t d = 1; d < all.size(); ++d) all[d] = std::min(2 * all[d - 1], max_features);
  return all;
}

at::Tensor ChannelDropout::forward(const at::Tensor& x) const {
  if (!is_training() || rate_ == 0) return x;
  if (!draws.defined()) return at::feature_dropout(x, rate_, true);
  return x * (draws >= rate_).to(x.scalar_type()).div(1 - rate_).unsqueeze(-1).unsqueeze(-1);
}

HighwayBlock::HighwayBlock(std::int64_t in, std::int64_t out, double dropout)
    : conv_(torch::nn::Conv2dOptions(in, out, 3).padding(1)), norm_(out) {
  register_module("conv", conv_);
  if (dropout > 0) dropout_ = register_module("dropout", std::make_shared<ChannelDropout>(dropout));
  register_module("instnorm", norm_);
}

at::Tensor HighwayBlock::forward(const at::Tensor& x) {
  const auto h = conv_->forward(x);
  return at::leaky_relu(norm_->forward(dropout_ ? dropout_->forward(h) : h), 0.01);
}

Highway::Highway(const HighwaySettings& settings) : settings_(settings) {
  build_decoder();
  build_encoder();
  if (!settings.condition_channels.empty()) build_conditions();
  head_ = conv1x1(settings.features, settings.mask_channels, false);
  slot(*this, "seg_outputs")->register_module("0", head_);
  const at::NoGradGuard no_grad;
  for (const auto& module : modules(/*include_self=*/false)) {
    auto* conv = module->as<torch::nn::Conv2d>();
    if (conv == nullptr) continue;
    torch::nn::init::kaiming_normal_(conv->weight, 0.01, torch::kFanIn, torch::kLeakyReLU);
    if (conv->bias.defined()) conv->bias.zero_();
  }
}

std::shared_ptr<HighwayBlock> Highway::block(torch::nn::Module& parent, std::int64_t in, std::int64_t out,
                                             double dropout) const {
  auto made = std::make_shared<HighwayBlock>(in, out, dropout);
  const auto blocks = parent.named_children().contains("blocks")
                          ? parent.named_children()["blocks"]
                          : parent.register_module("blocks", std::make_shared<torch::nn::Module>());
  blocks->register_module(std::to_string(blocks->children().size()), made);
  return made;
}

void Highway::build_decoder() {
  const auto w = settings_.widths();
  const auto all = slot(*this, "conv_blocks_localization");
  for (std::size_t u = 0; u < 5; ++u) {
    const auto stage = slot(*all, std::to_string(u));
    const auto same = w[4 - u], next = u < 4 ? w[3 - u] : w[0];
    decoder_.push_back({block(*slot(*stage, "0"), 2 * same, same, 0), block(*slot(*stage, "1"), same, next, 0)});
  }
}

void Highway::build_encoder() {
  const auto w = settings_.widths();
  const auto all = slot(*this, "conv_blocks_context");
  auto channels = settings_.image_channels;
  for (std::size_t d = 0; d < 5; ++d) {
    const auto stage = slot(*all, std::to_string(d));
    auto first = block(*stage, channels, w[d], settings_.dropout);
    encoder_.push_back({std::move(first), block(*stage, w[d], w[d], settings_.dropout)});
    channels = w[d];
  }
  const auto wide = std::min(2 * w[4], settings_.max_features);
  const auto bottom = slot(*all, "5");
  auto first = block(*slot(*bottom, "0"), w[4], wide, settings_.dropout);
  encoder_.push_back({std::move(first), block(*slot(*bottom, "1"), wide, w[4], settings_.dropout)});
}

void Highway::build_conditions() {
  const auto w = settings_.widths();
  if (settings_.condition_channels.size() != 4) throw std::logic_error("Highway: four condition_channels are expected");
  const auto in = slot(*this, "conv_trans_blocks_a");
  const auto out = slot(*this, settings_.dynamic_encoding ? "encodings" : "conv_trans_blocks_b"), filters = slot(*this, "ffparser");
  for (std::size_t d = 0; d < 4; ++d) {
    const auto name = std::to_string(d);
    const auto side = settings_.image_size >> (d + 1);
    condition_in_.push_back(in->register_module(name, conv1x1(settings_.condition_channels[d], w[d])));
    if (settings_.dynamic_encoding)
      encodings_.push_back(out->register_module(name, std::make_shared<DynamicEncoding>(w[d])));
    else
      condition_out_.push_back(out->register_module(name, conv1x1(w[d], 1)));
    filters_.push_back(filters->register_module(name, std::make_shared<FfParser>(w[d], side, side / 2 + 1)));
  }
}

at::Tensor Highway::modulated(const at::Tensor& x, std::size_t stage, const at::Tensor& condition) {
  const auto filtered = filters_[stage]->forward(condition_in_[stage]->forward(condition));
  if (settings_.dynamic_encoding) return encodings_[stage]->forward(x, filtered);
  return x * condition_out_[stage]->forward(filtered) * filtered.mean({2, 3}, true);
}

Highway::Seen Highway::forward(const at::Tensor& image, const std::vector<at::Tensor>& conditions) {
  if (conditions.size() != condition_in_.size()) throw std::logic_error("Highway: one condition for each of its filters");
  std::vector<at::Tensor> skips;
  auto x = image;
  for (std::size_t d = 0; d < 5; ++d) {
    for (const auto& block : encoder_[d]) x = block->forward(x);
    skips.push_back(x);
    x = at::max_pool2d(x, {2, 2});
    if (d < conditions.size()) x = modulated(x, d, conditions[d]);
  }
  Seen seen;
  for (const auto& block : encoder_[5]) x = block->forward(x);
  seen.bottleneck = x;
  for (std::size_t u = 0; u < 5; ++u) {
    x = at::cat({enlarged(x, 2), skips[4 - u]}, 1);
    for (const auto& block : decoder_[u]) x = block->forward(x);
    seen.decoded.push_back(x);
  }
  seen.calibration = at::sigmoid(head_->forward(x));
  return seen;
}

at::Tensor Highway::anchor(const Seen& seen, std::size_t k) {
  return enlarged(seen.decoded.at(3 - k), std::int64_t{2} << k);
}

}  // namespace plexus::medsegdiff
