#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// Prediction of whole images in overlapping windows of the size that a network was trained on.
struct WindowSettings {
  std::vector<std::int64_t> patch;   // sizes, one an axis
  std::vector<std::int64_t> stride;  // between windows, one an axis, 1 … patch
  std::int64_t batch = 1;            // windows in one forward pass
  // Where an axis is smaller than the patch, every axis gains max(floor((patch - n) / 2) + 1, 0) zeros on both sides;
  // true: already where it is equal to the patch (GenericSSL's 2D program).
  bool pad_equal = false;
  std::string problem() const;  // "" or what is wrong
};

// Where windows begin along one axis: min(stride k, size - patch), k = 0 … ceil((size - patch) / stride).
std::vector<std::int64_t> window_starts(std::int64_t size, std::int64_t patch, std::int64_t stride);
// Zeros in front of (and behind) each axis.
std::vector<std::int64_t> window_margin(const std::vector<std::int64_t>& size, const WindowSettings& settings);

using Logits = std::function<at::Tensor(const at::Tensor& patches)>;  // [b, C, …] -> [b, K, …]
// Mean class probabilities [K, planes, …] of the padded image's planes from `first` on along its first axis.
using WindowSink = std::function<void(std::int64_t first, const at::Tensor& scores)>;

// image [C, (D,) H, W]: the softmax of every window is added up in one fixed order, whatever the batch, and divided by the
// number of windows at each voxel. Planes are handed over as soon as no window to come reaches them, so that only [K, patch, …]
// scores are ever held. Float32, on the image's device. Throws Error(configuration) where the settings do not work,
// Error(interrupted, terminated) after a stop request.
void slide_window(const at::Tensor& image, const WindowSettings& settings, const Logits& logits, const WindowSink& sink);

// Labels of the padded image, (D,) H, W int64: argmax, the first class wins a tie.
at::Tensor window_labels(const at::Tensor& image, const WindowSettings& settings, const Logits& logits);
// The same of each row of [B, C, (D,) H, W], without the padding: [B, (D,) H, W].
at::Tensor segment_by_windows(const at::Tensor& images, const WindowSettings& settings, const Logits& logits);

}  // namespace plexus
