#pragma once
#include <ATen/core/Tensor.h>

namespace plexus {

// Each value of `source` replaced by the value of `model` at the same quantile: distinct values with their cumulated shares,
// linear in between and clamped at both ends, in double (scikit-image's match_histograms; AdaptDiff). Both not empty.
at::Tensor quantile_matched(const at::Tensor& source, const at::Tensor& model);

}  // namespace plexus
