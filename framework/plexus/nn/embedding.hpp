#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace plexus {

// Published code differs in three places: the longest period, what the exponent is divided by, which half comes first.
struct SinusoidalSettings {
  double period = 10000;
  bool half_minus_one = false;  // exponent k / (size/2 - 1) instead of k / (size/2)
  bool cosine_first = false;
};

// Sinusoidal embedding of times t [B], integer or real: [B, size], [sin(t w_k), cos(t w_k)] with
// w_k = period^(-k / divisor), k = 0 … size/2 - 1 (eq. of "Attention Is All You Need", 3.5). Always computed in float32.
// `size` is at least 4; where it is odd, the last column is 0.
at::Tensor sinusoidal_embedding(const at::Tensor& t, std::int64_t size, const SinusoidalSettings& settings = {});

}  // namespace plexus
