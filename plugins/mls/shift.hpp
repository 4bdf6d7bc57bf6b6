#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace plexus::mls {

// The largest displacement in each slice of a field [N, 2, H, W] in pixels.
struct Shifts {
  at::Tensor pixels;  // [N] float64
  at::Tensor mm;      // [N] float64, by the lengths of a row's and a column's step; NaN where they are not known
  at::Tensor place;   // [N] int64: row * W + column of the largest in mm (in pixels where mm are not known)
};

// Steps between rows and columns in mm; 0: not known.
struct PixelSize {
  double row = 0, column = 0;
  bool known() const { return row > 0 && column > 0; }
};

// mask: uint8 [N, 1, H, W], where the maximum is looked for; undefined: everywhere. percentile < 100: instead of the maximum,
// that percentile of the displacements (the nearest from below), which one stray pixel cannot raise.
Shifts largest_shifts(const at::Tensor& field, const at::Tensor& mask, const PixelSize& size, double percentile = 100);

}  // namespace plexus::mls
