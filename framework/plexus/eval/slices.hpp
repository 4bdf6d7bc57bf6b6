#pragma once
#include <cstdint>
#include <functional>

#include <ATen/core/Tensor.h>

#include <plexus/data/zoom.hpp>

namespace plexus {

// How 2D networks segment whole cases.
struct SliceSettings {
  std::int64_t height = 256, width = 256;  // what the network is fed
  std::int64_t batch = 16;                 // slices in one forward pass
  bool unit_range = true;                  // whole cases with values above 1 are first scaled to [0, 1] (to_unit_range)
  ZoomBorder border = ZoomBorder::repeat;  // of the zoom back; zero: as published
};

// [C, H, W] -> [H, W], [C, D, H, W] -> [D, H, W]: each slice is zoomed (order 0) to height x width, segmented by argmax of
// logits([b, C, height, width]) -> [b, K, height, width], and zoomed back. int64, on the image's device.
at::Tensor segment_slices(const at::Tensor& image, const SliceSettings& settings,
                          const std::function<at::Tensor(const at::Tensor&)>& logits);

// segment_slices of each row of [B, C, (D,) H, W], stacked: [B, (D,) H, W].
at::Tensor segment_cases(const at::Tensor& images, const SliceSettings& settings,
                         const std::function<at::Tensor(const at::Tensor&)>& logits);

}  // namespace plexus
