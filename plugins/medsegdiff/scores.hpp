#pragma once
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus::medsegdiff {

// The published evaluation (segmentation_env): both maps [B, C, H, W] are cut at each threshold (strictly above); IoU
// (I + 1e-6) / (U + 1e-6) of each image, Dice (2 I + 1e-4) / (|P| + |G| + 1e-4) of each image, means over images, then over
// thresholds. By channel.
struct ThresholdScores {
  std::vector<double> iou, dice;
};
ThresholdScores threshold_scores(const at::Tensor& prediction, const at::Tensor& truth,
                                 const std::vector<double>& thresholds = {0.1, 0.3, 0.5, 0.7, 0.9});

// What that evaluation does with a pair of 8-bit grey pictures [H, W]: the prediction is divided by its maximum (black stays
// black); the truth is resized to size x size, bilinear with antialiasing, rounded, and divided by 255.
struct GreyPair {
  at::Tensor prediction, truth;  // float32 [1, 1, H, W] and [1, 1, size, size]
};
GreyPair grey_pair(const at::Tensor& prediction, const at::Tensor& truth, std::int64_t size = 256);

// segmentation_env_PerClass: areas of background and foreground summed over all images [B, H, W] of 0 and 1, then accuracy
// over all and IoU, F score, precision and recall of both classes, in fractions: [aAcc, IoU 0, IoU 1, F 0, F 1, P 0, P 1, R 0, R 1].
std::vector<double> per_class_scores(const at::Tensor& prediction, const at::Tensor& truth);

}  // namespace plexus::medsegdiff
