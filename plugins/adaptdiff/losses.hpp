#pragma once
#include <string>

#include <ATen/core/Tensor.h>

namespace plexus::adaptdiff {

// The terms of stages 1 and 4: cross entropy of the logits [B, 2, H, W] with a mask [B, H, W] of 0 and 1, and Dice loss plus
// binary cross entropy of a map against it.
struct SegmentationTerms {
  at::Tensor cross_entropy, overlap;
};
// What the second term is taken of.
//   label:       as published, the argmax map passed through a sigmoid (0.5 and 0.731): no gradient, a figure for the log
//   probability: the softmax probability of the vessel
enum class OverlapOf { label, probability };
SegmentationTerms segmentation_terms(const at::Tensor& logits, const at::Tensor& mask, OverlapOf of);

// 1 where the vessel's logit is above the background's, else 0: [B, 2, H, W] -> real [B, 1, H, W].
at::Tensor vessel_map(const at::Tensor& logits);

}  // namespace plexus::adaptdiff
