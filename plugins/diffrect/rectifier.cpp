#include "rectifier.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/diffusion/ddim.hpp>
#include <plexus/diffusion/respace.hpp>
#include <plexus/diffusion/schedule.hpp>

namespace plexus::diffrect {
namespace {

// The authors keep the denoiser one name deeper: deunet.model.
class Wrapped : public torch::nn::Module {
 public:
  explicit Wrapped(const std::shared_ptr<LatentDenoiser>& inner) { register_module("model", inner); }
};

}  // namespace

Rectifier::Rectifier(const RectifierSettings& settings)
    : settings_(settings),
      process_(diffusion::betas(settings.schedule, settings.steps), diffusion::Predicts::start),
      sampling_(diffusion::respaced(process_, diffusion::evenly_kept(settings.steps, settings.sample_steps))) {
  const auto latent = settings.widths.back();
  temb_ = register_module("temb", std::make_shared<TimeMlp>(kTimeEmbedding, kTimeWidth));
  encoder_ = register_module("encoder",
                             std::make_shared<TimedEncoder>(settings.image_channels + 3, settings.widths, settings.dropout));
  embedder_ =
      register_module("embedder", std::make_shared<TimedEncoder>(settings.image_channels, settings.widths, settings.dropout));
  decoder_ = register_module("decoder", std::make_shared<TimedDecoder>(settings.classes, settings.widths));
  denoiser_ = std::make_shared<LatentDenoiser>(latent);
  register_module("deunet", std::make_shared<Wrapped>(denoiser_));
  if (settings.method == "adaptor") {
    adaptor_ = register_module("adaptor", std::make_shared<TimedConvBlock>(2 * latent, latent, kTimeWidth, 0.0));
  } else if (settings.method != "replace" && settings.method != "add") {
    throw Error(ErrorKind::configuration, "no way '" + settings.method + "' to use the denoised latent" +
                                              did_you_mean(settings.method, {"replace", "add", "adaptor"}));
  }
}

std::vector<std::int64_t> Rectifier::latent_shape(const at::Tensor& image) const {
  const auto shrink = std::int64_t{1} << (settings_.widths.size() - 1);
  return {settings_.widths.back(), image.size(2) / shrink, image.size(3) / shrink};
}

Rectifier::Encoded Rectifier::encode(const at::Tensor& label, const at::Tensor& tau, const at::Tensor& image) {
  auto time = temb_->forward(tau);
  auto context = embedder_->forward(image, time);
  auto features = encoder_->forward(at::cat({image, label}, 1), time, context);
  return {std::move(time), std::move(context), std::move(features)};
}

at::Tensor Rectifier::decode(Encoded encoded, const at::Tensor& latent) {
  auto& last = encoded.features.back();
  if (settings_.method == "replace")
    last = latent;
  else if (settings_.method == "add")
    last = last + latent;
  else
    last = adaptor_->forward(at::cat({last, latent}, 1), encoded.time);
  return decoder_->forward(encoded.features, encoded.time);
}

Rectifier::Trained Rectifier::train_step(const at::Tensor& label, const at::Tensor& tau, const at::Tensor& image,
                                         const at::Tensor& good, const at::Tensor& noise, const at::Tensor& step) {
  auto encoded = encode(label, tau, image);
  at::Tensor clean;
  {
    const at::NoGradGuard no_grad;
    clean = encoder_->forward(at::cat({image, good}, 1), encoded.time, encoded.context).back();
  }
  auto noised = process_.noised(clean, step, noise);
  auto denoised = denoiser_->forward(noised, step, encoded.features.back());
  auto loss = at::mse_loss(denoised, clean);
  auto logits = decode(std::move(encoded), denoised);
  return {loss, logits, noised, denoised};
}

at::Tensor Rectifier::sample(const at::Tensor& label, const at::Tensor& tau, const at::Tensor& image, const at::Tensor& noise,
                             const Watch& watch) {
  const at::NoGradGuard no_grad;
  auto encoded = encode(label, tau, image);
  const auto denoise = [&](const at::Tensor& x, const at::Tensor& t) {
    auto answer = denoiser_->forward(x, t, encoded.features.back());
    if (watch) watch(x, answer);
    return answer;
  };
  using Clip = diffusion::DdimSettings::Clip;
  const auto latent = diffusion::ddim(sampling_, denoise, noise, {.clip = settings_.clamp ? Clip::start : Clip::none});
  return decode(std::move(encoded), latent);
}

}  // namespace plexus::diffrect
