#include <plexus/data/intensity_augment.hpp>

#include <cmath>

#include <ATen/ATen.h>

namespace plexus {
namespace {

// Row o: what output o takes from the inputs of an axis.
at::Tensor gaussian_matrix(std::int64_t size, double sigma) {
  const auto radius = static_cast<std::int64_t>(4 * sigma + 0.5);
  double total = 0;
  for (std::int64_t d = -radius; d <= radius; ++d) total += std::exp(-0.5 * static_cast<double>(d * d) / (sigma * sigma));
  const at::Tensor matrix = at::zeros({size, size}, at::kDouble);
  auto weights = matrix.accessor<double, 2>();
  for (std::int64_t o = 0; o < size; ++o)
    for (std::int64_t d = -radius; d <= radius; ++d) {
      const std::int64_t within = ((o + d) % (2 * size) + 2 * size) % (2 * size);
      weights[o][within < size ? within : 2 * size - 1 - within] +=
          std::exp(-0.5 * static_cast<double>(d * d) / (sigma * sigma)) / total;
    }
  return matrix.to(at::kFloat);
}

}  // namespace

at::Tensor gaussian_blurred(const at::Tensor& image, double sigma) {
  at::Tensor blurred = image.to(at::kFloat);
  for (std::int64_t axis = 0; axis < image.dim(); ++axis)
    blurred = at::matmul(blurred.transpose(axis, -1), gaussian_matrix(image.size(axis), sigma).t()).transpose(axis, -1);
  return blurred.contiguous();
}

at::Tensor contrast_changed(const at::Tensor& image, double factor) {
  const auto mean = image.mean();
  return ((image - mean) * factor + mean).clamp(image.min(), image.max());
}

at::Tensor gamma_changed(const at::Tensor& image, double gamma) {
  const auto low = image.min(), mean = image.mean(), deviation = image.std(false);
  const auto range = image.max() - low + 1e-7;
  auto changed = ((image - low) / range).pow(gamma) * range + low;
  changed = changed - changed.mean() + mean;
  return changed / (changed.std(false) + 1e-8) * deviation;
}

}  // namespace plexus
