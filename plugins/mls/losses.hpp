#pragma once
#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace plexus::mls {

// Terms of the deformation network's loss (section 2.3 of the paper). Fields [B, 2, H, W] in pixels (rows, columns); every
// term is [B], with gradient to the field.

// Mean over all pixels of mask (slice - warped counterpart)^2. Images and mask [B, 1, H, W].
at::Tensor similarity(const at::Tensor& slice, const at::Tensor& warped, const at::Tensor& mask);

// Half the mean squared forward difference along the columns plus the same along the rows.
at::Tensor roughness(const at::Tensor& field);

enum class LandmarkSampling {
  published,  // grid_sample without aligned corners at 2 x / 255 - 1: up to half a pixel off, and for 256 x 256 only
  exact       // bilinear at the landmark itself
};
LandmarkSampling landmark_sampling(const std::string& name);  // "published", "exact"

// landmarks [B, 4, 2] (x, y): anterior falx, posterior falx, shifted point, the same without shift. The field must be 0 at
// the first two and lead from the third to the fourth; of the six errors e, |e| where it exceeds 3, else (e^2 + 9) / 6, the
// mean.
at::Tensor landmark_error(const at::Tensor& field, const at::Tensor& landmarks, LandmarkSampling sampling);

// Mean over pixels of max(0, displacement - shift[b]). As published, the displacement is that of the first sample for all;
// per_sample: each one's own. shift: [B], pixels.
at::Tensor excess(const at::Tensor& field, const at::Tensor& shift, bool per_sample);

}  // namespace plexus::mls
