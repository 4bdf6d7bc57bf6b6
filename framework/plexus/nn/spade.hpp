#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

namespace plexus {

// What a SPADE makes of a binary condition of one channel depends on the 5 x 5 pixels around a place and on whether the place
// lies at the border. Masks repeat few such neighbourhoods: modulations made of each once and dealt out cost a fraction, in
// training too, and differ by rounding alone.
struct Neighbourhoods {
  at::Tensor patches;  // [N, 1, 5, 5], the distinct ones
  at::Tensor inside;   // [N, 1, 3, 3], 0 where the hidden feature lies beyond the border
  at::Tensor of;       // [B H W] int64, which of them each place has
  std::int64_t batch, height, width;
};
// None for conditions [B, C, H, W] of other values or channels, where more than a third of the places differ, and on other
// devices than the CPU.
std::optional<Neighbourhoods> neighbourhoods(const at::Tensor& condition);

// Spatially-adaptive normalisation (Park et al., CVPR 2019, eq. 1): instance norm(x) (1 + gamma(m)) + beta(m), the condition m
// brought to x's size by nearest neighbour (source index floor(i in / out)). State names embedding.0, gamma, beta.
class Spade : public torch::nn::Module {
 public:
  Spade(std::int64_t condition_channels, std::int64_t channels, std::int64_t embed_channels);

  // What the condition alone decides: 1 + gamma and beta, each [B, channels, height, width].
  struct Modulation {
    at::Tensor scale, shift;
  };
  Modulation modulation(const at::Tensor& condition, std::int64_t height, std::int64_t width);
  Modulation modulation(const Neighbourhoods& condition);
  // x: [B, channels, H, W]; a modulation of batch 1 serves all of x.
  static at::Tensor apply(const at::Tensor& x, const Modulation& modulation);

 private:
  torch::nn::Sequential embedding_;
  torch::nn::Conv2d gamma_, beta_;
};

// Residual block of three SPADEs, a = SiLU: conv_2(a(SPADE_2(conv_1(a(SPADE_1(x)))))) + conv_3(a(SPADE_3(x))), all convolutions
// 1x1, min(in, out) channels between. State names conv_1, SPADE_norm_1, conv_2, SPADE_norm_2, conv_3, SPADE_norm_3.
class SpadeBlock : public torch::nn::Module {
 public:
  SpadeBlock(std::int64_t condition_channels, std::int64_t in, std::int64_t out, std::int64_t embed_channels);
  using Modulations = std::array<Spade::Modulation, 3>;
  Modulations modulations(const at::Tensor& condition, std::int64_t height, std::int64_t width);
  at::Tensor forward(const at::Tensor& x, const Modulations& modulations);  // [B, in, H, W] -> [B, out, H, W]

 private:
  std::array<torch::nn::Conv2d, 3> conv_;
  std::array<std::shared_ptr<Spade>, 3> spade_;
};

}  // namespace plexus
