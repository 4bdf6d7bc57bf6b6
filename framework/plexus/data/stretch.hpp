#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// low + (high - low) / (max - min) * (image - min) over the whole tensor, in its floating type (integers: float32). A constant
// image becomes 0 everywhere, whatever `low` is: as published (AdaptDiff).
at::Tensor stretched(const at::Tensor& image, double low, double high);

}  // namespace plexus
