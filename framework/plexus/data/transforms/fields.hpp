#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include <plexus/sdk/sample.hpp>

namespace plexus::transforms {

// Replaces each image field by what `change` makes of it.
void change_images(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& change);
void change_labels(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& change);
inline void change_all(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& change) {
  change_images(sample, change);
  change_labels(sample, change);
}
// Sizes of the image's grid, (D,) H, W; throws Error(data) where there is no image.
std::vector<std::int64_t> grid(const Sample& sample);

// Cuts the last size.size() axes to `size` from `start` on; what lies outside is 0. Negative starts pad in front.
void cut(Sample& sample, const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& size);

}  // namespace plexus::transforms
