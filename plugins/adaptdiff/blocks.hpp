#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/container/sequential.h>

namespace plexus::adaptdiff {

// Pieces that AdaptDiff's networks share, under the authors' submodule names. Batch normalisation can be told whose statistics
// to use (nn/batch_norm.hpp).

// 1x1 convolutions, ReLU before each normalisation and nothing after the sum, as published:
// main_path (in -> min(in, out) -> out) + side_path (in -> out). [B, in, H, W] -> [B, out, H, W]
class ResidualBlock : public torch::nn::Module {
 public:
  ResidualBlock(std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Sequential main_path_, side_path_;
};

// Layers as a list that names them 0, 1, ….
template <class Layer>
torch::nn::ModuleList list_of(const std::vector<std::shared_ptr<Layer>>& layers) {
  torch::nn::ModuleList list;
  for (const auto& layer : layers) list->push_back(layer);
  return list;
}

// "[8, 16]"
std::string list_text(const std::vector<std::int64_t>& numbers);

// The smallest multiple that is not less.
inline std::int64_t rounded_up(std::int64_t size, std::int64_t multiple) { return (size + multiple - 1) / multiple * multiple; }

enum class Activation { relu, elu };
// Halves height and width: convolution 4x4 of stride 2, normalisation, activation; state names 0 and 1.
torch::nn::Sequential down_sampling(std::int64_t channels, Activation activation);
// Doubles them: transposed convolution 4x4 of stride 2, normalisation, activation; state names 0 and 1.
torch::nn::Sequential up_sampling(std::int64_t channels, Activation activation);

}  // namespace plexus::adaptdiff
