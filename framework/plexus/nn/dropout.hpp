#pragma once
#include <cstdint>

#include <torch/nn/cloneable.h>

namespace plexus {

// Inverted dropout as torch::nn::Dropout: in training each element is zeroed with probability `rate`, the others are divided
// by 1 - rate. On a CPU the choice is a hash of the element's place in memory and of one number drawn from LibTorch's
// default generator, which draws one element at a time: a tenth of an iteration of a small U-Net went there.
class DropoutImpl : public torch::nn::Cloneable<DropoutImpl> {
 public:
  explicit DropoutImpl(double rate) : rate_(rate) {}
  void reset() override {}
  at::Tensor forward(const at::Tensor& x);

 private:
  double rate_;
};
TORCH_MODULE(Dropout);

// mask[i] = 0 with probability `rate`, else 1 / (1 - rate); element i depends on (seed, i) alone.
void fill_dropout_mask(float* mask, std::int64_t count, double rate, std::uint64_t seed);

}  // namespace plexus
