#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace plexus {

// at::conv3d [B, C, D, H, W], but for one case that LibTorch 2.11 gets wrong on CPUs: in bf16, with a 3 x 3 x 3 kernel and
// padding 1, a grid of depth 2 leaves the gradient of the weights unset (whatever memory held). That case is calculated in
// float32.
at::Tensor conv3d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride = 1,
                  std::int64_t padding = 0);

}  // namespace plexus
