#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/dataset.hpp>

namespace plexus {

// A picture of one case for the report.
struct Overlay {
  std::string case_id;
  std::int64_t slice = -1;  // -1: the case is a single slice
  double dice = 0;          // NaN: not known
  std::string png;          // the file's bytes
};

// image [C, (D,) H, W] of any type (its first channel is shown), truth and prediction [(D,) H, W] integer. Shows the slice
// with the most foreground in the truth (in the prediction where the truth is empty). Pixels are drawn with the geometry's
// spacing. Throws Error(data) where the shapes do not fit.
Overlay draw_overlay(const std::string& case_id, double dice, const at::Tensor& image, const at::Tensor& truth,
                     const at::Tensor& prediction, const Geometry& geometry, const std::vector<Label>& labels);

// The slice that draw_overlay shows: the index along D.
std::int64_t shown_slice(const at::Tensor& truth, const at::Tensor& prediction);

// PNG of one slice: the image [H, W] in grey between its 1st and 99th percentile, the prediction [H, W] as a tint, the truth
// [H, W] as an outline along pixel borders, each label in its colour. `aspect` is a pixel's height over its width; the picture is
// about `width` pixels wide, and at least as wide as the image.
std::string overlay_png(const at::Tensor& image, const at::Tensor& truth, const at::Tensor& prediction, double aspect,
                        const std::vector<Label>& labels, double width = 480);

// PNG of a picture in colours [H, W, 3] uint8.
std::string picture_png(const at::Tensor& rgb);

// The label's own colour, or one of a fixed series where it has none (black).
std::array<std::uint8_t, 3> label_colour(const Label& label);

}  // namespace plexus
