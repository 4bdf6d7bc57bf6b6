#pragma once
#include <ATen/core/Tensor.h>

#include "shift.hpp"

namespace plexus::mls {

// A straight line in a slice: points (row, column) with (row - row0) normal_row + (column - column0) normal_column = 0. The
// normal points towards growing columns and has length 1 in pixels.
struct Line {
  double row0 = 0, column0 = 0, normal_row = 0, normal_column = 1;
};

// Where the midline of a head [1, H, W] uint8 would lie: the long axis of its outline that is closer to the columns' direction,
// by second moments in mm.
Line ideal_midline(const at::Tensor& head, const PixelSize& size);

// A slice [1, H, W] in [-1, 1] in grey, the ideal midline in green, the shifted one in red: the points that the field [2, H, W]
// leads onto the ideal one; and in yellow the way from the point of the largest displacement, `place` = row * W + column, to
// where it would lie. [H', W', 3] uint8, about 512 pixels wide, pixels as high as they are in mm.
at::Tensor midline_picture(const at::Tensor& slice, const at::Tensor& head, const at::Tensor& field, std::int64_t place,
                           const PixelSize& size);

}  // namespace plexus::mls
