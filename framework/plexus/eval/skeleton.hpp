#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// Skeleton of a plane [H, W] (anything but 0 is inside): thinned from both sides in turn until nothing changes (Zhang and
// Suen, CACM 27, 1984). Connected, one pixel wide but at corners. uint8 on the CPU.
at::Tensor skeleton(const at::Tensor& mask);

// clDice (Shit et al., CVPR 2021): harmonic mean of the share of the prediction's skeleton that lies in the truth and the share
// of the truth's skeleton that lies in the prediction. Planes of one shape. NaN where a mask is empty.
double centreline_dice(const at::Tensor& prediction, const at::Tensor& truth);

}  // namespace plexus
