#pragma once
#include <cstdint>
#include <vector>

#include <plexus/nn/blocks.hpp>

namespace plexus::diffrect {

// The halves of a 2D U-Net whose every block is told the time (a vector [B, 512] that a TimeMlp makes), and the denoiser
// between them. State names are the authors'.

inline constexpr std::int64_t kTimeEmbedding = 128, kTimeWidth = 512;

// Max-pooling (state: none), block; state name conv.
class TimedDown : public torch::nn::Module {
 public:
  TimedDown(std::int64_t in, std::int64_t out, double dropout);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& time);

 private:
  std::shared_ptr<TimedConvBlock> conv_;
};

// upsample_and_join, block; state names conv1x1, conv.
class TimedUp : public torch::nn::Module {
 public:
  TimedUp(std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& low, const at::Tensor& skip, const at::Tensor& time);

 private:
  torch::nn::Conv2d conv1x1_;
  std::shared_ptr<TimedConvBlock> conv_;
};

// One feature a level; `added` features, if any, are added to each level's before the next is made. State names in_conv,
// down1 ….
class TimedEncoder : public torch::nn::Module {
 public:
  TimedEncoder(std::int64_t in_channels, const std::vector<std::int64_t>& widths, const std::vector<double>& dropout);
  std::vector<at::Tensor> forward(const at::Tensor& x, const at::Tensor& time, const std::vector<at::Tensor>& added = {});

 private:
  std::shared_ptr<TimedConvBlock> in_conv_;
  std::vector<std::shared_ptr<TimedDown>> down_;
};

// Features of an encoder -> logits. State names up1 …, out_conv.
class TimedDecoder : public torch::nn::Module {
 public:
  TimedDecoder(std::int64_t classes, const std::vector<std::int64_t>& widths);
  at::Tensor forward(const std::vector<at::Tensor>& features, const at::Tensor& time);

 private:
  std::vector<std::shared_ptr<TimedUp>> up_;
  torch::nn::Conv2d out_conv_;
};

// Denoises a latent x [B, width, h, w], h and w multiples of 4, at diffusion steps t [B]. As published, the condition enters
// through the last skip connection alone: up2(up1(x2, x1), x + condition). State names down1, down2, up1, up2, temb.
class LatentDenoiser : public torch::nn::Module {
 public:
  // Levels of width, 3/2 width and 2 width.
  explicit LatentDenoiser(std::int64_t width);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t, const at::Tensor& condition);

 private:
  std::shared_ptr<TimedDown> down1_, down2_;
  std::shared_ptr<TimedUp> up1_, up2_;
  std::shared_ptr<TimeMlp> temb_;
};

}  // namespace plexus::diffrect
