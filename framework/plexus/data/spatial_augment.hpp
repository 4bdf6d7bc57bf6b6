#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// Turning and zooming as batchgenerators does (DKFZ, version 0.21) for the methods of the field. Images [(D,) H, W] float32
// go through a cubic B-spline with mirrored taps, 0 where a place lies outside [0, n - 1]; labels of the same shape class by
// class: linear interpolation of each class's indicator, the highest class that reaches 1/2 is set, else 0.
struct Augmentable {
  at::Tensor image, label;  // label: uint8 or int64, or undefined
};

// Each plane [H, W] turned about its middle: output (y, x), centred, reads (y cos a + x sin a, -y sin a + x cos a).
Augmentable turned_planes(const Augmentable& sample, double radians);
// Output at centred place p reads factor * p along every axis: factors below 1 enlarge. Exactly 1 copies.
Augmentable zoomed(const Augmentable& sample, double factor);
// Planes [..., H, W] turned the other way of reading: output (y, x), centred, reads (y cos a - x sin a, y sin a + x cos a),
// bilinearly, the border repeated (MONAI's RandRotate). float32.
at::Tensor turned_with_border(const at::Tensor& image, double radians);

}  // namespace plexus
