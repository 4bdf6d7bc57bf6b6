#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// (image - min) / (max - min + 1e-8) as float32 where the largest value exceeds 1, else the image as float32. Training does
// so for a slice, prediction for a volume; images that were prepared to [0, 1] pass unchanged.
at::Tensor to_unit_range(const at::Tensor& image);

}  // namespace plexus
