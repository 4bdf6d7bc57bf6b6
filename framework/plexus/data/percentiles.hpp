#pragma once
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// Percentiles of all values of a contiguous float32 tensor, exact, with linear interpolation between the two nearest ranks
// (numpy's default); `percents` in [0, 100]. NaN values are left out; where nothing is left the result is empty. `counted`
// (bool, contiguous, of as many elements; undefined: all) tells which voxels count. Two passes over the values, in constant
// memory.
std::vector<float> percentiles(const at::Tensor& values, const std::vector<double>& percents, const at::Tensor& counted = {});

}  // namespace plexus
