#include "network.hpp"

#include <cmath>
#include <stdexcept>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

namespace plexus::medsegdiff {
namespace {

const NetworkSettings& checked(const NetworkSettings& settings) {
  if (const auto wrong = settings.problem(); !wrong.empty()) throw std::logic_error("Network: " + wrong);
  return settings;
}

}  // namespace

std::string NetworkSettings::problem() const {
  if (auto wrong = unet.problem(); !wrong.empty()) return wrong;
  const auto w = highway.widths();
  if (highway.features < 1 || highway.max_features < highway.features) return "hw_features lies in 1 … hw_max_features";
  if (first_version && (uncertain_attention || spectrum_transformer))
    return "uncertain_attention and spectrum_transformer belong to V2 (version: new)";
  if (!first_version && highway.dynamic_encoding) return "dynamic_encoding belongs to V1 (version: \"1\")";
  if (!first_version) {
    if (2 * w[0] + w[1] == unet.width(0)) return "";
    return "V2 adds anchors of 2 x " + std::to_string(w[0]) + " + " + std::to_string(w[1]) + " channels to the " +
           std::to_string(unet.width(0)) + " of the U-Net's first level; hw_features must be a quarter of num_channels";
  }
  if (unet.channel_mult.size() != 6) return "V1 needs 6 levels in channel_mult: its highway has five poolings";
  if (highway.image_size < 32 || highway.image_size % 32 != 0) return "V1 needs an image_size that is a multiple of 32";
  return "";
}

std::vector<std::int64_t> condition_blocks(const GuidedUNetSettings& unet) {
  std::vector<std::int64_t> all;
  for (std::int64_t k = 1; k <= 4; ++k) all.push_back(k * (unet.num_res_blocks + 1));
  return all;
}

Projection::Projection(std::int64_t in, std::int64_t out, std::uint64_t seed)
    : weight(torch::empty({out, in, 1, 1})), bias(torch::empty({out})) {
  auto generator = at::detail::createCPUGenerator(seed);
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  weight.uniform_(-bound, bound, generator);
  bias.uniform_(-bound, bound, generator);
  register_buffer("weight", weight);
  register_buffer("bias", bias);
}

void Projection::redraw() {
  const double bound = 1 / std::sqrt(static_cast<double>(weight.size(1)));
  weight.uniform_(-bound, bound);
  bias.uniform_(-bound, bound);
}

Network::Network(const NetworkSettings& settings) : GuidedUNet(checked(settings).unet), network_(settings) {
  auto highway = settings.highway;
  if (settings.first_version) {
    const auto& channels = skip_channels();
    highway.condition_channels.clear();
    for (const auto block : condition_blocks(settings.unet))
      highway.condition_channels.push_back(channels.at(static_cast<std::size_t>(block)));
    projection_ = std::make_shared<Projection>(highway.widths()[4], channels.back());
  }
  network_.highway = highway;
  highway_ = register_module("hwm", std::make_shared<Highway>(highway));
  if (settings.uncertain_attention)
    attention_ = register_module("uncertain_attention", std::make_shared<UncertainAttention>(settings.unet.width(0)));
  if (settings.spectrum_transformer)
    transformer_ = register_module("spectrum_transformer",
                                   std::make_shared<SpectrumTransformer>(skip_channels().back(), highway.widths()[4],
                                                                         4 * settings.unet.model_channels));
}

at::Tensor Network::anchors(const Highway::Seen& seen) const {
  const auto first = Highway::anchor(seen, 0), second = Highway::anchor(seen, 1);
  return at::cat({first, first, second}, 1).detach();
}

Network::Answer Network::forward(const at::Tensor& x, const at::Tensor& t, const at::Tensor& y) {
  const auto image = x.narrow(1, 0, image_channels());
  Answer answer;
  if (!network_.first_version) {
    const auto seen = highway_->forward(image);
    answer.calibration = seen.calibration;
    const auto beside = anchors(seen), own = stem()->forward(x);
    answer.output = from_attended(attention_ ? attended(own, attention_->forward(beside)) : own + beside, t, y,
                                  seen.bottleneck.detach());
    return answer;
  }
  const auto bottleneck = [&](const at::Tensor& h, const std::vector<at::Tensor>& skips) {
    std::vector<at::Tensor> conditions;
    for (const auto block : condition_blocks(network_.unet)) conditions.push_back(skips.at(static_cast<std::size_t>(block)));
    const auto seen = highway_->forward(image, conditions);
    answer.calibration = seen.calibration;
    if (network_.redraw) projection_->redraw();
    return h + projection_->forward(seen.bottleneck);
  };
  answer.output = from_stem(stem()->forward(x), t, y, bottleneck);
  return answer;
}

at::Tensor Network::attended(const at::Tensor& stem, const at::Tensor& attention) const { return stem + stem * attention; }

at::Tensor Network::from_attended(const at::Tensor& stem, const at::Tensor& t, const at::Tensor& y,
                                  const at::Tensor& bottleneck) {
  if (!transformer_) return from_stem(stem, t, y);
  const auto told = embedding(t, y);
  return from_stem(stem, t, y, [&](const at::Tensor& h, const std::vector<at::Tensor>&) {
    return transformer_->forward(h, bottleneck, told);
  });
}

Network::Seen Network::look(const at::Tensor& image) {
  if (network_.first_version) throw std::logic_error("Network: V1's highway depends on the mask as well");
  const auto seen = highway_->forward(image);
  const auto weight = stem()->weight.narrow(1, 0, image.size(1));
  const auto own = at::conv2d(image, weight, stem()->bias, 1, 1), beside = anchors(seen);
  Seen kept{.stem = attention_ ? own : own + beside, .calibration = seen.calibration};
  if (attention_) kept.attention = attention_->forward(beside);
  if (transformer_) kept.bottleneck = seen.bottleneck;
  return kept;
}

at::Tensor Network::denoise(const at::Tensor& mask, const at::Tensor& t, const Seen& seen, const at::Tensor& y) {
  const auto weight = stem()->weight.narrow(1, image_channels(), mask.size(1));
  const auto own = at::conv2d(mask, weight, {}, 1, 1);
  const auto images = seen.stem.size(0);
  auto sizes = own.sizes().vec();
  sizes[0] = images;
  sizes.insert(sizes.begin(), own.size(0) / images);
  auto joined = own.view(sizes) + seen.stem;
  if (attention_) joined = attended(joined, seen.attention);
  const auto bottleneck = transformer_ ? seen.bottleneck.repeat({own.size(0) / images, 1, 1, 1}) : at::Tensor();
  return from_attended(joined.view(own.sizes()), t, y, bottleneck);
}

}  // namespace plexus::medsegdiff
