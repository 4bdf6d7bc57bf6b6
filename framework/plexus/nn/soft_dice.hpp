#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// Dice by sums of true and false positives and negatives, as nnU-Net and its kin have it.
struct SoftDiceSettings {
  double smooth = 1;        // added to numerator and denominator
  bool background = false;  // the first class counts too
  bool over_batch = true;   // one Dice a class of the whole batch; false: one of each row
};

// (2 TP + s) / (2 TP + FP + FN + s + 1e-8) of each class: [K'] or [B, K'], with gradient to the probabilities [B, K, …].
// target [B, …] int64. A loss is minus its mean.
at::Tensor soft_dice(const at::Tensor& probabilities, const at::Tensor& target, const SoftDiceSettings& settings = {});

}  // namespace plexus
