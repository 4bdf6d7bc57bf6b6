#pragma once
#include <ATen/core/Tensor.h>

namespace plexus::adaptdiff {

// What the authors' programs make of tensors when they write pictures. Values x lie in [-1, 1]; planes are [H, W].

// (x + 1) / 2 of channel 0 of [C, H, W], float32. A mask of 0 and 1 becomes 0.5 and 1 by it, which is what their pair files hold.
at::Tensor unit_plane(const at::Tensor& x);

// A picture in [0, 1] stretched to 0 ... 255 by its own range, not yet rounded.
at::Tensor stretched_to_255(const at::Tensor& unit);
// The PNG of a finished image: that stretch twice over, truncated to uint8. Absolute intensity is lost.
at::Tensor result_8_bit(const at::Tensor& unit);

// A frame of a trajectory: (x + 1) / 2 * 255 of image 0 of [B, 1, H, W], truncated to uint8 ...
at::Tensor frame_8_bit(const at::Tensor& x);
// ... and as its PNG holds it, stretched once more (in double, kept as float32) and truncated.
at::Tensor saved_frame(const at::Tensor& frame);

// Agreement of a prediction with the truth, uint8 [H, W, 3]: true positives navy, true negatives seashell, false positives lime
// green, false negatives crimson.
at::Tensor agreement_colours(const at::Tensor& prediction, const at::Tensor& truth);

}  // namespace plexus::adaptdiff
