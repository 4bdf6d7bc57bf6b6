#pragma once
#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

namespace plexus {

// A mask with wrong pixels, by which AdaptDiff's authors studied poor labels. Indices count, row by row, the background pixels
// (set to 1) and the other pixels (set to 0) of the mask as it came; uint8 out.
at::Tensor polluted_mask(const at::Tensor& mask, std::span<const std::int64_t> background,
                         std::span<const std::int64_t> foreground);

}  // namespace plexus
