#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <plexus/diffusion/process.hpp>
#include <plexus/nn/blocks.hpp>

#include "blocks.hpp"

namespace plexus::genericssl {

struct DiffVNetSettings {
  std::int64_t channels = 1, classes = 2, filters = 32;
  BlockSettings blocks;
  bool has_dropout = true;    // of whole channels, on the deepest features and before the last convolution
  double dropout_rate = 0.5;  // its rate
  std::int64_t steps = 1000;  // of the diffusion
  std::int64_t sample_steps = 10;
  std::vector<std::int64_t> sample_times = {};  // instead: the times to keep, rising
};

// The first convolution and the time: [B, in, …] and t [B] -> features [B, F, …] and the time's embedding. State names
// temb.dense, emb.ops.0.
class Embedding : public torch::nn::Module {
 public:
  Embedding(const BlockSettings& settings, std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& x) { return emb_->forward(x); }
  // temb [B, 512] of times [B].
  at::Tensor time(const at::Tensor& t) { return temb_->forward(t); }
  Stage& stage() { return emb_->front(); }

 private:
  std::shared_ptr<TimeMlp> temb_;
  std::shared_ptr<Stages> emb_;
};

// x1 (finest, F channels) to x5 (16 F channels, 1/16 of the size).
using Features = std::vector<at::Tensor>;

class Encoder : public torch::nn::Module {
 public:
  Encoder(const DiffVNetSettings& settings, bool timed);
  Features forward(const at::Tensor& x1, const at::Tensor& time = {});

 private:
  std::vector<std::shared_ptr<Resize>> halve_;
  std::vector<std::shared_ptr<Stages>> blocks_;
  double dropout_;
};

// Features -> logits [B, K, …].
class Decoder : public torch::nn::Module {
 public:
  Decoder(const DiffVNetSettings& settings, bool timed);
  at::Tensor forward(const Features& features, const at::Tensor& time = {});

 private:
  std::vector<std::shared_ptr<Resize>> doubled_;
  std::vector<std::shared_ptr<Stages>> blocks_;
  std::shared_ptr<Convolution> out_conv_;
  double dropout_;
  bool changeable_;
};

// One encoder, three decoders: xi denoises noised labels, psi and theta segment images (paper, 3.2). State names embedding,
// decoder_theta, decoder_psi, denoise_model.{embedding_diffusion, encoder, decoder}. Sizes of images are multiples of 16.
class DiffVNet : public torch::nn::Module {
 public:
  // Throws Error(configuration) where the settings do not work.
  explicit DiffVNet(const DiffVNetSettings& settings);

  // Logits of xi for noised labels x_t [B, K, …] at times t [B], under the image.
  at::Tensor denoise(const at::Tensor& xt, const at::Tensor& t, const at::Tensor& image);
  at::Tensor psi(const at::Tensor& image) { return decoder_psi_->forward(features(image)); }
  at::Tensor theta(const at::Tensor& image) { return decoder_theta_->forward(features(image)); }
  // What psi and theta share: embedding and encoder, without time.
  Features features(const at::Tensor& image) { return encoder_->forward(embedding_->forward(image)); }
  // x0 in [-1, 1] that xi samples by DDIM (eta 0) from `noise` [B, K, …], in the networks' present mode. No gradient.
  at::Tensor sample(const at::Tensor& image, const at::Tensor& noise);

  Decoder& xi_decoder() { return *denoise_decoder_; }
  Decoder& psi_decoder() { return *decoder_psi_; }
  Decoder& theta_decoder() { return *decoder_theta_; }
  // Of training, all steps; the network's answer is x0.
  const diffusion::Process& process() const { return process_; }
  const diffusion::Process& sampling() const { return sampling_; }
  const DiffVNetSettings& settings() const { return settings_; }

 private:
  at::Tensor decode_noised(const at::Tensor& x1, const at::Tensor& time);

  DiffVNetSettings settings_;
  diffusion::Process process_, sampling_;
  std::shared_ptr<Embedding> embedding_, embedding_diffusion_;
  std::shared_ptr<Decoder> decoder_theta_, decoder_psi_, denoise_decoder_;
  std::shared_ptr<Encoder> encoder_;
};

}  // namespace plexus::genericssl
