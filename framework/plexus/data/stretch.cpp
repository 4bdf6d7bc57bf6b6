#include <plexus/data/stretch.hpp>

#include <ATen/ATen.h>

namespace plexus {

at::Tensor stretched(const at::Tensor& image, double low, double high) {
  const at::Tensor values = image.is_floating_point() ? image : image.to(at::kFloat);
  if (values.numel() == 0) return values;
  const at::Tensor least = values.min(), range = values.max() - least;
  if (range.item<double>() == 0) return at::zeros_like(values);
  return (high - low) / range * (values - least) + low;
}

}  // namespace plexus
