#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace plexus::diffrect {

// Label context calibration: label maps [B, H, W] as planes of 0 and 1 [B, 3, H, W]. 2 classes: 1 white; 3: 1 red, 2 green;
// 4: 1 red, 2 green, 3 blue. 5 to 8 classes (our extension): yellow, magenta, cyan, white for 4 … 7. Background and unknown
// values are black. Comparisons on the labels' device. Throws Error(configuration) for other class counts.
at::Tensor paint_labels(const at::Tensor& labels, std::int64_t classes, const at::TensorOptions& options);

// Where the published rule keeps a pixel's top class: with m and M the least and the largest probability, (M - m) / M >
// threshold. [B, K, H, W] -> [B, H, W] bool.
at::Tensor confident(const at::Tensor& probabilities, double threshold);

// The top class where it is kept, else background. int64, without gradient; the first class wins a tie.
at::Tensor pseudo_labels(const at::Tensor& probabilities, double threshold);

}  // namespace plexus::diffrect
