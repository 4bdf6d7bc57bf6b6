#include "diffvnet.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>

namespace plexus::genericssl {
namespace {

constexpr std::int64_t kSinusoid = 128;

at::Tensor dropped(const at::Tensor& x, double rate, bool training) {
  return training && rate > 0 ? at::feature_dropout(x, rate, true) : x;
}

double dropout_of(const DiffVNetSettings& settings) { return settings.has_dropout ? settings.dropout_rate : 0; }

std::vector<std::int64_t> kept_times(const DiffVNetSettings& settings) {
  return settings.sample_times.empty() ? diffusion::evenly_kept(settings.steps, settings.sample_steps) : settings.sample_times;
}

}  // namespace

Embedding::Embedding(const BlockSettings& settings, std::int64_t in, std::int64_t out)
    : temb_(register_module("temb", std::make_shared<TimeMlp>(kSinusoid, kTimeWidth))),
      emb_(register_module("emb", std::make_shared<Stages>(settings, 1, in, out, /*timed=*/true))) {}

Encoder::Encoder(const DiffVNetSettings& settings, bool timed) : dropout_(dropout_of(settings)) {
  static constexpr const char* halving[] = {"block_one_dw", "block_two_dw", "block_three_dw", "block_four_dw"};
  static constexpr const char* blocks[] = {"block_two", "block_three", "block_four", "block_five"};
  auto width = settings.filters;
  for (std::size_t level = 0; level < 4; ++level, width *= 2) {
    const std::int64_t stages = level == 0 ? 2 : 3;
    halve_.push_back(
        register_module(halving[level], std::make_shared<Resize>(settings.blocks, Resize::Way::down, width, 2 * width, timed)));
    blocks_.push_back(
        register_module(blocks[level], std::make_shared<Stages>(settings.blocks, stages, 2 * width, 2 * width, timed)));
  }
}

Features Encoder::forward(const at::Tensor& x1, const at::Tensor& time) {
  Features features{x1};
  for (std::size_t level = 0; level < blocks_.size(); ++level) {
    features.push_back(blocks_[level]->forward(halve_[level]->forward(features.back(), time), time));
  }
  features.back() = dropped(features.back(), dropout_, is_training());
  return features;
}

Decoder::Decoder(const DiffVNetSettings& settings, bool timed)
    : dropout_(dropout_of(settings)), changeable_(settings.blocks.normalization != "none") {
  static constexpr const char* doubling[] = {"block_five_up", "block_six_up", "block_seven_up", "block_eight_up"};
  static constexpr const char* blocks[] = {"block_six", "block_seven", "block_eight", "block_nine"};
  static constexpr std::int64_t stages[] = {3, 3, 2, 1};
  auto width = 16 * settings.filters;
  for (std::size_t level = 0; level < 4; ++level, width /= 2) {
    doubled_.push_back(
        register_module(doubling[level], std::make_shared<Resize>(settings.blocks, Resize::Way::up, width, width / 2, timed)));
    blocks_.push_back(
        register_module(blocks[level], std::make_shared<Stages>(settings.blocks, stages[level], width / 2, width / 2, timed)));
  }
  out_conv_ = register_module(
      "out_conv",
      std::make_shared<Convolution>(settings.blocks.dimensions,
                                    Convolution::Shape{.in = settings.filters, .out = settings.classes, .kernel = 1}));
}

at::Tensor Decoder::forward(const Features& features, const at::Tensor& time) {
  auto x = features.back();
  for (std::size_t level = 0; level < blocks_.size(); ++level) {
    const auto& skip = features[features.size() - 2 - level];
    x = blocks_[level]->forward(plus(doubled_[level]->forward(x, time), skip, changeable_), time);
  }
  return out_conv_->forward(dropped(x, dropout_, is_training()));
}

DiffVNet::DiffVNet(const DiffVNetSettings& settings)
    : settings_(settings),
      process_(diffusion::betas("linear", settings.steps), diffusion::Predicts::start),
      sampling_(diffusion::respaced(process_, kept_times(settings))) {
  embedding_ = register_module("embedding", std::make_shared<Embedding>(settings.blocks, settings.channels, settings.filters));
  decoder_theta_ = register_module("decoder_theta", std::make_shared<Decoder>(settings, false));
  decoder_psi_ = register_module("decoder_psi", std::make_shared<Decoder>(settings, false));
  embedding_diffusion_ = std::make_shared<Embedding>(settings.blocks, settings.classes + settings.channels, settings.filters);
  encoder_ = std::make_shared<Encoder>(settings, true);
  denoise_decoder_ = std::make_shared<Decoder>(settings, true);
  struct Denoiser : torch::nn::Module {};
  const auto denoiser = std::make_shared<Denoiser>();
  denoiser->register_module("embedding_diffusion", embedding_diffusion_);
  denoiser->register_module("encoder", encoder_);
  denoiser->register_module("decoder", denoise_decoder_);
  register_module("denoise_model", denoiser);
}

at::Tensor DiffVNet::decode_noised(const at::Tensor& x1, const at::Tensor& time) {
  return denoise_decoder_->forward(encoder_->forward(x1, time), time);
}

at::Tensor DiffVNet::denoise(const at::Tensor& xt, const at::Tensor& t, const at::Tensor& image) {
  return decode_noised(embedding_diffusion_->forward(at::cat({image, xt}, 1)), at::silu(embedding_diffusion_->time(t)));
}

// All rows of a step are at one time: the times are embedded once, one row for each step. The first convolution is linear: its
// part of the image is made once as well.
at::Tensor DiffVNet::sample(const at::Tensor& image, const at::Tensor& noise) {
  const at::NoGradGuard no_grad;
  const auto times =
      at::silu(embedding_diffusion_->time(torch::tensor(sampling_.original(), image.options().dtype(at::kLong))));
  auto& first = embedding_diffusion_->stage();
  const auto& convolution = first.convolution();
  const auto of_image = convolution.forward(image, convolution.weight.slice(1, 0, image.size(1)), convolution.bias);
  const auto of_labels = convolution.weight.slice(1, image.size(1));
  auto step = sampling_.steps();
  const auto denoiser = [&](const at::Tensor& x, const at::Tensor&) {
    --step;
    const auto x1 = first.finish(convolution.forward(x, of_labels, {}).add_(of_image));
    return decode_noised(x1, times.slice(0, step, step + 1)).to(noise.scalar_type());
  };
  return diffusion::ddim(sampling_, denoiser, noise, {.clip = diffusion::Clip::start});
}

}  // namespace plexus::genericssl
