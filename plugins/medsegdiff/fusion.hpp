#pragma once
#include <ATen/core/Tensor.h>

namespace plexus::medsegdiff {

// 2 sum(p c) / sum(p + c) over everything, p = [sample > 0], c the soft calibration; NaN where both are empty.
double soft_dice(const at::Tensor& sample, const at::Tensor& calibration);
// The published mix of a sample with the network's own segmentation: below a soft Dice of 0.65 clamp(c + s / 4, 0, 1), else
// (also where it is not defined) clamp(c / 2 + s / 2, 0, 1).
at::Tensor mixed_with_calibration(const at::Tensor& sample, const at::Tensor& calibration);

// What published code makes of its DPM-Solver: not the solution but the network's answer to it, [noise, v], in which v is
// standardised over the whole batch (unbiased deviation) and taken for the mask.
struct PublishedSolution {
  at::Tensor sample, mixed;  // [B, 2, H, W]; clamp(c + v / 4, 0, 1)
};
PublishedSolution published_solution(const at::Tensor& answer, const at::Tensor& calibration);

// The picture that published code saves of a fused map [H, W]: held in [0, 1], times 255, plus 0.5, cut; three equal channels.
at::Tensor published_picture(const at::Tensor& map);

}  // namespace plexus::medsegdiff
