#pragma once
#include <cstdint>
#include <vector>

#include <plexus/sdk/sample.hpp>

namespace plexus::transforms {

// Cuts the sample to the smallest box around the set voxels of `mask` ((D,) H, W), with `margin` voxels more on every side
// (one number, or one an axis in the order of the grid) as far as the grid goes. False, and nothing done, where none is set.
bool cut_to(Sample& sample, const at::Tensor& mask, const std::vector<std::int64_t>& margin);

}  // namespace plexus::transforms
