#include <plexus/nn/guided_unet.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/nn/embedding.hpp>
#include <plexus/nn/guided_attention.hpp>
#include <plexus/nn/guided_residual.hpp>

namespace plexus {
namespace {

enum Resampled { kSame, kUp, kDown };

// Registers the layers of one block under `parent`.i.
void register_block(torch::nn::Module& parent, std::size_t index, const std::vector<std::shared_ptr<GuidedLayer>>& block) {
  const auto slot = parent.register_module(std::to_string(index), std::make_shared<torch::nn::Module>());
  for (std::size_t j = 0; j < block.size(); ++j) slot->register_module(std::to_string(j), block[j]);
}

const GuidedUNetSettings& checked(const GuidedUNetSettings& settings) {
  if (const auto wrong = settings.problem(); !wrong.empty()) throw std::logic_error("GuidedUNet: " + wrong);
  return settings;
}

at::Tensor run(const std::vector<std::shared_ptr<GuidedLayer>>& block, at::Tensor h, const at::Tensor& embedding) {
  for (const auto& layer : block) h = layer->forward(h, embedding);
  return h;
}

}  // namespace

std::int64_t GuidedUNetSettings::width(std::size_t level) const {
  return static_cast<std::int64_t>(channel_mult.at(level) * static_cast<double>(model_channels));
}

std::string GuidedUNetSettings::problem() const {
  if (in_channels < 1 || out_channels < 1) return "a network needs at least one channel in and out";
  if (model_channels < 4) return "num_channels is at least 4";
  if (num_res_blocks < 1) return "num_res_blocks is at least 1";
  if (channel_mult.empty() || channel_mult.size() > 12) return "channel_mult has 1 to 12 levels";
  if (num_heads < 1) return "num_heads is at least 1";
  if (num_heads_upsample != -1 && num_heads_upsample < 1) return "num_heads_upsample is -1 or at least 1";
  if (num_head_channels != -1 && num_head_channels < 1) return "num_head_channels is -1 or at least 1";
  if (!(dropout >= 0 && dropout < 1)) return "dropout lies in [0, 1)";
  for (std::size_t level = 0; level < channel_mult.size(); ++level) {
    const auto channels = width(level);
    const auto said = "level " + std::to_string(level) + " has " + std::to_string(channels) + " channels; ";
    if (channels < 32 || channels % 32 != 0) return said + "they must be a multiple of 32, for normalisation by 32 groups";
    const auto factor = std::int64_t{1} << level;
    const bool last = level + 1 == channel_mult.size();
    if (!last && std::find(attention_factors.begin(), attention_factors.end(), factor) == attention_factors.end()) continue;
    for (const auto heads : {num_heads, num_heads_upsample}) {
      const bool whole = num_head_channels != -1 ? channels % num_head_channels == 0 : heads == -1 || channels % heads == 0;
      if (!whole) return said + "they must divide into the attention heads";
    }
  }
  return "";
}

std::vector<double> parse_channel_mult(const std::string& text) {
  std::vector<double> all;
  for (const auto& part : split(text, ',')) {
    const auto word = std::string(trim(part));
    double value = 0;
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (fault != std::errc() || end != word.data() + word.size() || !(value > 0 && value <= 64))
      throw Error(ErrorKind::configuration, "channel_mult '" + text + "' is no list of positive numbers", "", "write 1,2,3,4");
    all.push_back(value);
  }
  return all;
}

std::vector<std::int64_t> attention_factors(std::int64_t image_size, const std::string& resolutions) {
  std::vector<std::int64_t> all;
  if (trim(resolutions).empty()) return all;
  for (const auto& part : split(resolutions, ',')) {
    const auto word = std::string(trim(part));
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (fault != std::errc() || end != word.data() + word.size() || value < 1) {
      throw Error(ErrorKind::configuration, "attention_resolutions '" + resolutions + "' is no list of whole numbers", "",
                  "write 16,8");
    }
    all.push_back(image_size / value);
  }
  return all;
}

GuidedUNet::GuidedUNet(const GuidedUNetSettings& s)
    : settings_(checked(s)),
      time_first_(s.model_channels, 4 * s.model_channels),
      time_second_(4 * s.model_channels, 4 * s.model_channels),
      stem_(torch::nn::Conv2dOptions(s.in_channels, s.width(0), 3).padding(1)),
      out_conv_(zeroed(torch::nn::Conv2d(torch::nn::Conv2dOptions(s.width(0), s.out_channels, 3).padding(1)))),
      out_norm_(guided_norm(s.width(0))) {
  const auto group = [this](const char* name) { return register_module(name, std::make_shared<torch::nn::Module>()); };
  const auto time = group("time_embed");
  time->register_module("0", time_first_);
  time->register_module("2", time_second_);
  if (s.num_classes > 0)
    label_emb_ = register_module("label_emb", torch::nn::Embedding(s.num_classes, 4 * s.model_channels));
  build_input(*group("input_blocks"));
  const auto bottom = skip_channels_.back();
  middle_ = {residual(bottom, bottom, kSame), attention(bottom, s.num_heads), residual(bottom, bottom, kSame)};
  const auto middle = group("middle_block");
  for (std::size_t j = 0; j < middle_.size(); ++j) middle->register_module(std::to_string(j), middle_[j]);
  build_output(*group("output_blocks"));
  const auto out = group("out");
  out->register_module("0", out_norm_);
  out->register_module("2", out_conv_);
}

std::shared_ptr<GuidedLayer> GuidedUNet::residual(std::int64_t in, std::int64_t out, int resampling) const {
  using Resampling = GuidedResidualSettings::Resampling;
  constexpr Resampling kinds[] = {Resampling::none, Resampling::up, Resampling::down};
  return std::make_shared<GuidedResidual>(GuidedResidualSettings{.channels = in,
                                                                 .embedding = 4 * settings_.model_channels,
                                                                 .out_channels = out,
                                                                 .dropout = settings_.dropout,
                                                                 .scale_shift = settings_.use_scale_shift_norm,
                                                                 .resampling = kinds[resampling]});
}

std::shared_ptr<GuidedLayer> GuidedUNet::attention(std::int64_t channels, std::int64_t heads) const {
  return std::make_shared<GuidedAttention>(GuidedAttentionSettings{.channels = channels,
                                                                   .heads = heads,
                                                                   .head_channels = settings_.num_head_channels,
                                                                   .new_order = settings_.use_new_attention_order});
}

bool GuidedUNet::attends(std::int64_t factor) const {
  const auto& all = settings_.attention_factors;
  return std::find(all.begin(), all.end(), factor) != all.end();
}

void GuidedUNet::build_input(torch::nn::Module& parent) {
  parent.register_module("0", std::make_shared<torch::nn::Module>())->register_module("0", stem_);
  auto channels = settings_.width(0);
  skip_channels_.push_back(channels);
  std::int64_t factor = 1;
  const auto add = [&](Block block) {
    register_block(parent, skip_channels_.size(), block);
    skip_channels_.push_back(channels);
    input_.push_back(std::move(block));
  };
  for (std::size_t level = 0; level < settings_.channel_mult.size(); ++level) {
    for (std::int64_t i = 0; i < settings_.num_res_blocks; ++i) {
      Block block{residual(channels, settings_.width(level), kSame)};
      channels = settings_.width(level);
      if (attends(factor)) block.push_back(attention(channels, settings_.num_heads));
      add(std::move(block));
    }
    if (level + 1 == settings_.channel_mult.size()) break;
    if (settings_.resblock_updown)
      add({residual(channels, channels, kDown)});
    else
      add({std::make_shared<GuidedDownsample>(channels, settings_.conv_resample)});
    factor *= 2;
  }
}

void GuidedUNet::build_output(torch::nn::Module& parent) {
  const auto heads = settings_.num_heads_upsample == -1 ? settings_.num_heads : settings_.num_heads_upsample;
  auto channels = skip_channels_.back();
  auto skip = skip_channels_.rbegin();
  for (auto level = settings_.channel_mult.size(); level-- > 0;) {
    for (std::int64_t i = 0; i <= settings_.num_res_blocks; ++i) {
      Block block{residual(channels + *skip++, settings_.width(level), kSame)};
      channels = settings_.width(level);
      if (attends(std::int64_t{1} << level)) block.push_back(attention(channels, heads));
      if (level > 0 && i == settings_.num_res_blocks) {
        if (settings_.resblock_updown)
          block.push_back(residual(channels, channels, kUp));
        else
          block.push_back(std::make_shared<GuidedUpsample>(channels, settings_.conv_resample));
      }
      register_block(parent, output_.size(), block);
      output_.push_back(std::move(block));
    }
  }
}

at::Tensor GuidedUNet::embedding(const at::Tensor& t, const at::Tensor& y) {
  const auto waves = sinusoidal_embedding(t, settings_.model_channels, {.cosine_first = true});
  auto told = time_second_->forward(at::silu(time_first_->forward(waves.to(time_first_->weight.scalar_type()))));
  if (y.defined()) {
    if (label_emb_.is_empty()) throw std::logic_error("GuidedUNet: a class was given to a network without classes");
    told = told + label_emb_->forward(y);
  }
  return told;
}

at::Tensor GuidedUNet::forward(const at::Tensor& x, const at::Tensor& t, const at::Tensor& y, const Bottleneck& bottleneck) {
  return from_stem(stem_->forward(x), t, y, bottleneck);
}

at::Tensor GuidedUNet::from_stem(const at::Tensor& first, const at::Tensor& t, const at::Tensor& y,
                                 const Bottleneck& bottleneck) {
  const auto told = embedding(t, y);
  std::vector<at::Tensor> skips{first};
  for (const auto& block : input_) skips.push_back(run(block, skips.back(), told));
  auto h = bottleneck ? bottleneck(skips.back(), skips) : skips.back();
  h = run(middle_, h, told);
  for (const auto& block : output_) {
    h = run(block, at::cat({h, skips.back()}, 1), told);
    skips.pop_back();
  }
  return out_conv_->forward(guided_activated(out_norm_, h));
}

}  // namespace plexus
