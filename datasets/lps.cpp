#include "lps.hpp"

#include <ATen/ATen.h>

#include <plexus/data/geometry.hpp>

namespace plexus::datasets {

ImageLabel turned_to_lps(const ImageLabel& pair, const Geometry& geometry) {
  const AxisOrder order = order_for(geometry, "LPS");
  const auto turned = [&order](const at::Tensor& volume) {
    if (!volume.defined()) return volume;
    // Index axis a is tensor axis 2 - a.
    at::Tensor result =
        volume.permute({2 - static_cast<std::int64_t>(order.axes[2]), 2 - static_cast<std::int64_t>(order.axes[1]),
                        2 - static_cast<std::int64_t>(order.axes[0])});
    for (std::int64_t axis = 0; axis < 3; ++axis)
      if (order.turned[static_cast<std::size_t>(axis)]) result = result.flip({2 - axis});
    return result.contiguous();
  };
  return {turned(pair.image), turned(pair.label)};
}

}  // namespace plexus::datasets
