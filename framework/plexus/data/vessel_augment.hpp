#pragma once
#include <ATen/core/Tensor.h>

#include <plexus/base/random.hpp>

namespace plexus {

// What AdaptDiff does to synthetic images before the segmentation network is tuned on them. Images [H, W] or [1, H, W],
// float32 in [0, 1]; so is what comes out. Gaussians have 5 x 5 (sigma 1) and 3 x 3 taps and mirror the border without
// repeating its pixels.
at::Tensor noisy_in_8_bits(const at::Tensor& image, const at::Tensor& noise);  // noise: times its deviation; uint8 out
at::Tensor unsharp(const at::Tensor& image, double alpha);                     // (alpha + 1) v - alpha G(v), clipped
at::Tensor brightened(const at::Tensor& image, double added);
at::Tensor softened(const at::Tensor& image, double sigma);
at::Tensor rescaled_intensity(const at::Tensor& image, double scale, double bias);

// The values of one image; `branch`, uniform in [0, 1), chooses: below 0.5 noise; below 0.6 unsharp and brightness; below 0.8
// unsharp and blur; else blur.
struct VesselChoices {
  double branch = 0, deviation = 0.02, alpha = 10, brightness = 0, sigma = 0.1;
};
VesselChoices draw_vessel_choices(Rng& rng);
// `noise`: standard normal, of the image's shape; used by the first branch alone.
at::Tensor vessel_augmented(const at::Tensor& image, const VesselChoices& choices, const at::Tensor& noise);
// With choices and noise from `rng`; a plane of at least 3 x 3 pixels.
at::Tensor vessel_augmented(const at::Tensor& image, Rng& rng);

}  // namespace plexus
