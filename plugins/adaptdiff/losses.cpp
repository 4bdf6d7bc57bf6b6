#include "losses.hpp"

#include <torch/torch.h>
#include <plexus/nn/losses.hpp>

namespace plexus::adaptdiff {

at::Tensor vessel_map(const at::Tensor& logits) {
  return (logits.slice(1, 1, 2) > logits.slice(1, 0, 1)).to(logits.scalar_type());
}

SegmentationTerms segmentation_terms(const at::Tensor& logits, const at::Tensor& mask, OverlapOf of) {
  const auto truth = mask.to(logits.scalar_type());
  const auto map = of == OverlapOf::label ? at::sigmoid(vessel_map(logits.detach()).squeeze(1)) : at::softmax(logits, 1).select(1, 1);
  return {cross_entropy(logits, mask.to(at::kLong)), binary_dice_and_cross_entropy(map, truth)};
}

}  // namespace plexus::adaptdiff
