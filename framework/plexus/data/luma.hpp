#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// Grey of an 8-bit coloured picture [3, ...] -> int64 [...]: (19595 r + 38470 g + 7471 b + 2^15) / 2^16, as Pillow converts to L.
at::Tensor luma_8_bit(const at::Tensor& colour);

}  // namespace plexus
