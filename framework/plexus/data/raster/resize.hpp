#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace plexus::raster {

// Pillow's bilinear resize of 8-bit pictures [..., H, W], bit for bit: a triangle as wide as the output pixel where the picture
// shrinks, in 22-bit fixed point, along the rows first and rounded to 8 bits before the columns; an axis that keeps its size
// is left alone.
at::Tensor resize_8_bit(const at::Tensor& picture, std::int64_t height, std::int64_t width);

}  // namespace plexus::raster
