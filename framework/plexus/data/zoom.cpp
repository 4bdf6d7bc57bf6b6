#include <plexus/data/zoom.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <ATen/ATen.h>

namespace plexus {

std::vector<std::int64_t> zoom_indices(std::int64_t n_in, std::int64_t n_out, ZoomBorder border) {
  if (n_in < 1 || n_out < 1) throw std::invalid_argument("zoom_indices: sizes must be at least 1");
  const double last = static_cast<double>(n_in - 1);
  // The quotient comes first: its rounding decides which sizes lose their last plane.
  const double step = n_out > 1 ? last / static_cast<double>(n_out - 1) : 1.0;
  std::vector<std::int64_t> indices(static_cast<std::size_t>(n_out));
  for (std::int64_t o = 0; o < n_out; ++o) {
    const double position = static_cast<double>(o) * step;
    std::int64_t index = std::min(n_in - 1, static_cast<std::int64_t>(std::floor(position + 0.5)));
    if (position > last && border == ZoomBorder::zero) index = -1;
    indices[static_cast<std::size_t>(o)] = index;
  }
  return indices;
}

at::Tensor zoom_nearest(const at::Tensor& image, at::IntArrayRef sizes, ZoomBorder border) {
  const auto axes = static_cast<std::int64_t>(sizes.size());
  if (axes < 1 || axes > image.dim()) throw std::invalid_argument("zoom_nearest: more sizes than the image has axes");
  at::Tensor result = image;
  for (std::int64_t k = 0; k < axes; ++k) {
    const std::int64_t axis = image.dim() - axes + k, n_in = image.size(axis), n_out = sizes[static_cast<std::size_t>(k)];
    if (n_in == n_out) continue;
    auto indices = zoom_indices(n_in, n_out, border);
    // Positions grow, so the zero ones are at the end.
    const auto kept = std::count_if(indices.begin(), indices.end(), [](std::int64_t i) { return i >= 0; });
    std::replace(indices.begin(), indices.end(), std::int64_t{-1}, std::int64_t{0});
    result = result.index_select(axis, at::tensor(indices, at::kLong).to(image.device()));
    if (kept < n_out) result.narrow(axis, kept, n_out - kept).zero_();
  }
  return result.is_same(image) ? image.clone() : result;
}

}  // namespace plexus
