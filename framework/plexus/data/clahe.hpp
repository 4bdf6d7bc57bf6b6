#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace plexus {

// Contrast-limited adaptive histogram equalisation (Zuiderveld, Graphics Gems IV, 1994) of an uint8 plane [H, W], bit for bit
// as OpenCV does it: tiles of a picture extended at its right and lower border by mirroring, one table each, and a bilinear
// mix of the four tables around a pixel. Throws std::invalid_argument for other tensors.
at::Tensor clahe(const at::Tensor& image, double clip_limit, std::int64_t tiles_down, std::int64_t tiles_across);

}  // namespace plexus
