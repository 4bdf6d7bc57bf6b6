#pragma once
#include <ATen/core/Tensor.h>

namespace plexus::genericssl {

// Gumbel noise -log(-log(u)) of u in [0, 1).
at::Tensor gumbel_noise(const at::Tensor& uniform);

// Every channel of x [B, C, (D,) H, W] under the normalised Gaussian of sigma 1 cut to 3 voxels an axis; zeros beyond the
// border.
at::Tensor smoothed_by_3(const at::Tensor& x);

// How the label of an unlabelled image is decided (paper, eq. 6): xi's sample, softened by Gumbel noise and smoothed, and psi's
// probabilities vote together.
struct PseudoLabel {
  at::Tensor xi;        // softmax((x0 + Gumbel noise) / temperature) [B, K, …]
  at::Tensor smoothed;  // the same after smoothed_by_3
  at::Tensor psi;       // softmax of psi's logits
  at::Tensor label;     // [B, …] int64: the first of the largest of smoothed + psi
};
// x0 [B, K, …] in [-1, 1]; `gumbel` of its shape, or undefined: no noise. No gradient.
PseudoLabel pseudo_label(const at::Tensor& x0, const at::Tensor& psi_logits, const at::Tensor& gumbel, double temperature);

}  // namespace plexus::genericssl
