#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// Area under the ROC curve of scores against a mask of the same shape (anything but 0 is positive): the share of pairs of a
// positive and a negative in which the positive scores higher, ties counted half. NaN where either is absent.
double area_under_roc(const at::Tensor& score, const at::Tensor& truth);

}  // namespace plexus
