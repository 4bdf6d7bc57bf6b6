#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <plexus/diffusion/process.hpp>

#include "timed_unet.hpp"

namespace plexus::diffrect {

struct RectifierSettings {
  std::int64_t image_channels = 1, classes = 4;
  std::vector<std::int64_t> widths{16, 32, 64, 128, 256};
  std::vector<double> dropout{0.05, 0.1, 0.2, 0.3, 0.5};
  std::string method = "replace";   // of the latent by the denoised one: replace, add, adaptor
  std::string schedule = "cosine";  // linear, cosine
  std::int64_t steps = 10, sample_steps = 2;
  bool clamp = true;  // the sampled latent is held in [-1, 1], as published; the one of training never is
  // H and W of images must be multiples of this: the denoiser halves the latent twice more.
  std::int64_t multiple() const { return std::int64_t{4} << (widths.size() - 1); }
};

// Latent feature rectification: reads a label map painted as RGB, and the image, and returns a better label map. Images
// [B, C, H, W], painted labels [B, 3, H, W], times tau [B] in 0 … 999 (how wrong the labels are), noise of latent_shape.
// State names temb, encoder, embedder, decoder, deunet.model (and adaptor).
class Rectifier : public torch::nn::Module {
 public:
  // Throws Error(configuration) where schedule, steps or method do not work.
  explicit Rectifier(const RectifierSettings& settings);

  struct Trained {
    at::Tensor latent_loss;       // mean squared error of the denoised latent
    at::Tensor logits;            // [B, K, H, W]
    at::Tensor noised, denoised;  // latents given to the denoiser and its answer
  };
  // Training: the latent of `good` is noised to `step` [B] int64 and denoised under the condition of `label`'s latent. The
  // latent of `good` is made without gradient; in train mode that pass updates normalisation statistics as well.
  Trained train_step(const at::Tensor& label, const at::Tensor& tau, const at::Tensor& image, const at::Tensor& good,
                     const at::Tensor& noise, const at::Tensor& step);

  // Sees what the denoiser is given and what it answers.
  using Watch = std::function<void(const at::Tensor& x, const at::Tensor& answer)>;
  // Inference: the latent is sampled by DDIM from `noise`. No gradient: [B, K, H, W] logits.
  at::Tensor sample(const at::Tensor& label, const at::Tensor& tau, const at::Tensor& image, const at::Tensor& noise,
                    const Watch& watch = {});

  // [C, h, w] of one image's latent.
  std::vector<std::int64_t> latent_shape(const at::Tensor& image) const;
  std::int64_t steps() const { return process_.steps(); }
  LatentDenoiser& denoiser() { return *denoiser_; }
  TimedEncoder& encoder() { return *encoder_; }

 private:
  // The features of label and image, and what they were made with.
  struct Encoded {
    at::Tensor time;
    std::vector<at::Tensor> context, features;
  };
  Encoded encode(const at::Tensor& label, const at::Tensor& tau, const at::Tensor& image);
  at::Tensor decode(Encoded encoded, const at::Tensor& latent);

  RectifierSettings settings_;
  diffusion::Process process_, sampling_;
  std::shared_ptr<TimeMlp> temb_;
  std::shared_ptr<TimedEncoder> encoder_, embedder_;
  std::shared_ptr<TimedDecoder> decoder_;
  std::shared_ptr<LatentDenoiser> denoiser_;
  std::shared_ptr<TimedConvBlock> adaptor_;
};

}  // namespace plexus::diffrect
