#pragma once
#include <ATen/core/Tensor.h>

namespace plexus::datasets {

// Hounsfield units 0 to 80 as -1 to 1, clipped; float32.
at::Tensor mls_window(const at::Tensor& hu);
// The head in a windowed slice [1, H, W], uint8: all but the largest background that is left when the largest 8-connected piece
// above -1 is taken out, so that its holes are filled. All ones where there is no foreground, or no background.
at::Tensor head_mask(const at::Tensor& slice);

}  // namespace plexus::datasets
