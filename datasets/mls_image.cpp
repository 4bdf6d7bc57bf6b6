#include "mls_image.hpp"

#include <ATen/ATen.h>

#include <plexus/data/components.hpp>

namespace plexus::datasets {

at::Tensor mls_window(const at::Tensor& hu) { return (hu.to(at::kFloat) / 80 * 2 - 1).clamp(-1, 1); }

at::Tensor head_mask(const at::Tensor& slice) {
  const auto head = largest_component((slice[0] != -1).to(at::kByte));
  const auto outside = largest_component(head.logical_not().to(at::kByte));
  if (!head.any().item<bool>() || !outside.any().item<bool>()) return at::ones(slice.sizes(), at::kByte);
  return outside.logical_not().to(at::kByte).unsqueeze(0);
}

}  // namespace plexus::datasets
