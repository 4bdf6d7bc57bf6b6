#include "pictures.hpp"

#include <torch/torch.h>
#include <plexus/data/stretch.hpp>

namespace plexus::adaptdiff {

at::Tensor unit_plane(const at::Tensor& x) { return ((x.select(0, 0).to(at::kFloat) + 1) / 2).contiguous(); }

at::Tensor stretched_to_255(const at::Tensor& unit) { return stretched(unit, 0, 255); }

at::Tensor result_8_bit(const at::Tensor& unit) { return stretched_to_255(stretched_to_255(unit)).to(at::kByte); }

at::Tensor frame_8_bit(const at::Tensor& x) { return ((x.select(0, 0).select(0, 0) + 1) / 2 * 255).to(at::kByte); }

at::Tensor saved_frame(const at::Tensor& frame) {
  // Rounded to float32 between: 254.99999999999997 is white.
  return stretched(frame.to(at::kDouble), 0, 255).to(at::kFloat).to(at::kByte);
}

at::Tensor agreement_colours(const at::Tensor& prediction, const at::Tensor& truth) {
  // Rows by 2 * prediction + truth: true negative, false negative, false positive, true positive.
  const auto colours = torch::tensor({{255, 245, 238}, {220, 20, 60}, {50, 205, 50}, {0, 0, 128}}, at::kByte);
  const auto index = prediction.ne(0).to(at::kLong) * 2 + truth.ne(0).to(at::kLong);
  return colours.index_select(0, index.flatten().cpu()).view({prediction.size(0), prediction.size(1), 3});
}

}  // namespace plexus::adaptdiff
