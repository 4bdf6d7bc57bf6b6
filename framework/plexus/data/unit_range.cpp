#include <plexus/data/unit_range.hpp>

#include <ATen/ATen.h>

namespace plexus {

at::Tensor to_unit_range(const at::Tensor& image) {
  const at::Tensor values = image.to(at::kFloat);
  if (values.numel() == 0 || !(values.max().item<float>() > 1)) return values;
  const at::Tensor low = values.min();
  return (values - low) / (values.max() - low + 1e-8);
}

}  // namespace plexus
