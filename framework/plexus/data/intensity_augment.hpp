#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// Of float32 images of any number of axes; statistics are those of the whole tensor, standard deviations the population's.

// Gaussian along every axis, cut off at floor(4 sigma + 1/2) voxels, the image mirrored with its border repeated.
at::Tensor gaussian_blurred(const at::Tensor& image, double sigma);
// (v - mean) factor + mean, clipped to the former range.
at::Tensor contrast_changed(const at::Tensor& image, double factor);
// Of the image brought to [0, 1] and back; then mean and deviation are restored, in this order as batchgenerators has it (the
// mean is scaled too).
at::Tensor gamma_changed(const at::Tensor& image, double gamma);

}  // namespace plexus
