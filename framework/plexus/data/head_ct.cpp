#include <plexus/data/head_ct.hpp>

#include <algorithm>

#include <ATen/ATen.h>

#include <plexus/data/components.hpp>
#include <plexus/data/geometry.hpp>

namespace plexus {

at::Tensor windowed(const at::Tensor& values, double low, double high) {
  return ((values.to(at::kFloat) - low) / (high - low) * 2 - 1).clamp(-1, 1);
}

at::Tensor head_mask(const at::Tensor& slice) {
  const auto head = largest_component((slice[0] != -1).to(at::kByte));
  const auto outside = largest_component(head.logical_not().to(at::kByte));
  if (!head.any().item<bool>() || !outside.any().item<bool>()) return at::ones(slice.sizes(), at::kByte);
  return outside.logical_not().to(at::kByte).unsqueeze(0);
}

AxialSlices axial_slices(const at::Tensor& volume, const Geometry& geometry, std::int64_t size, double outside) {
  AxialSlices slices{volume.to(at::kFloat), geometry};
  if (geometry.known) {
    const AxisOrder order = order_for(geometry, "LPS");
    const auto tensor_axis = [](std::size_t index_axis) { return 2 - static_cast<std::int64_t>(index_axis); };
    slices.image = slices.image.permute({tensor_axis(order.axes[2]), tensor_axis(order.axes[1]), tensor_axis(order.axes[0])});
    slices.geometry = permuted(geometry, order.axes);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (!order.turned[axis]) continue;
      slices.geometry = flipped(slices.geometry, axis, slices.image.size(tensor_axis(axis)));
      slices.image = slices.image.flip({tensor_axis(axis)});
    }
  }
  const auto height = slices.image.size(1), width = slices.image.size(2), side = std::max(height, width);
  const auto top = (side - height) / 2, left = (side - width) / 2;
  const auto square = at::constant_pad_nd(slices.image, {left, side - width - left, top, side - height - top}, outside);
  slices.geometry = shifted(slices.geometry, {-static_cast<double>(left), -static_cast<double>(top), 0});
  if (side == size) {
    slices.image = square.contiguous();
    return slices;
  }
  slices.image = at::_upsample_bilinear2d_aa(square.unsqueeze(1), {size, size}, false).squeeze(1);
  const double ratio = static_cast<double>(side) / static_cast<double>(size);
  slices.geometry = shifted(slices.geometry, {(ratio - 1) / 2, (ratio - 1) / 2, 0});
  for (std::size_t axis = 0; axis < 2; ++axis) slices.geometry.spacing[axis] *= ratio;
  return slices;
}

}  // namespace plexus
