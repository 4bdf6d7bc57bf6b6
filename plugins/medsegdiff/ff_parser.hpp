#pragma once
#include <cstdint>

#include <torch/nn/module.h>

namespace plexus::medsegdiff {

// Frequency filter of V1 (Wu et al. 2023, 3.2): orthonormal real FFT over the last two axes, an elementwise learned complex
// factor, and back. State name complex_weight [C, H, W / 2 + 1, 2] (real, imaginary). [B, C, H, W] -> the same.
class FfParser : public torch::nn::Module {
 public:
  FfParser(std::int64_t channels, std::int64_t height, std::int64_t half_width);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor complex_weight_;
};

}  // namespace plexus::medsegdiff
