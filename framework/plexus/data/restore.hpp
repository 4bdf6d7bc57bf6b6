#pragma once
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/base/random.hpp>
#include <plexus/sdk/sample.hpp>
#include <plexus/sdk/transform.hpp>

namespace plexus {

using Steps = std::vector<std::shared_ptr<const Transform>>;

// Applies the steps in their order. The first call for a sample keeps its grid in Sample::source, so that predictions find
// their way back; further lists that follow leave it. Throws Error(data) where there is no image.
void prepare_sample(Sample& sample, const Steps& steps, Rng& rng);

// What was predicted on a prepared sample, on the grid of its source, with one resampling: exact where the two grids differ by
// crops, pads, flips and permutations alone; places that preparing cut off are 0. Without a source the field is given back
// as it is.
// Label map [(D,) H, W], by nearest neighbour, after the steps took back what they did to label values.
at::Tensor restore_label(const at::Tensor& label, const Sample& prepared, const Steps& steps);
// Any other map [K, (D,) H, W] or [(D,) H, W], linearly; floating types as float32, whole numbers by nearest neighbour.
at::Tensor restore_map(const at::Tensor& map, const Sample& prepared);

// The sample without fields as it lies on disk: the source's grid in place of the prepared one.
Sample as_source(const Sample& prepared);

}  // namespace plexus
