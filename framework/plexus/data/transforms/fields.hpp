#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <plexus/data/resample.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus::transforms {

// Replaces each image field by what `change` makes of it.
void change_images(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& change);
void change_labels(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& change);
inline void change_all(Sample& sample, const std::function<at::Tensor(const at::Tensor&)>& change) {
  change_images(sample, change);
  change_labels(sample, change);
}
// Hands over each channel of each image, float32 and contiguous, to be changed in place: memory that only this sample has.
void change_channels(Sample& sample, const std::function<void(at::Tensor& channel)>& change);

// Options ask for no more, so that no mistyped number asks for all memory.
inline constexpr std::int64_t longest_axis = 65536;
// Sizes of the image's grid, (D,) H, W; throws Error(data) where there is no image.
std::vector<std::int64_t> grid(const Sample& sample);
// Size of a grid along the index axis (0: i, 1: j, 2: k); 1 where a plane has none.
std::int64_t size_along(const std::vector<std::int64_t>& grid, std::size_t axis);

// The following move all fields and the geometry alike.

// Cuts the last size.size() axes to `size` from `start` on; what lies outside is `fill` in images and 0 in labels. Negative
// starts pad in front.
void cut(Sample& sample, const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& size, double fill = 0);
// Turns index axes (0: i, 1: j, 2: k) round.
void flip(Sample& sample, const std::vector<std::size_t>& axes);
// Index axis a becomes what axes[a] was. Throws Error(data) where a plane would be turned out of its axes.
void permute(Sample& sample, const std::array<std::size_t, 3>& axes);
// Onto another grid of as many axes. Labels: "nearest", or "linear" (class by class). Places beyond the border have its value.
void resample(Sample& sample, const Grid& to, Interpolation images, const std::string& labels);

// Throws Error(configuration) in apply() of a step that makes several samples.
[[noreturn]] void refuse_single(const std::string& step);

}  // namespace plexus::transforms
