#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace plexus {

// Expected calibration error of a probability map (Guo et al. 2017, eq. 3, of one class): elements are put into equal bins of
// the score; the mean over elements of |share that is true - mean score| of their bin. score in [0, 1] and truth (bool or 0, 1)
// of one shape. NaN where there are none.
double expected_calibration_error(const at::Tensor& score, const at::Tensor& truth, std::int64_t bins = 15);

}  // namespace plexus
