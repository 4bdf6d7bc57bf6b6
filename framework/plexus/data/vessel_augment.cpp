#include <plexus/data/vessel_augment.hpp>

#include <cmath>
#include <vector>

#include <ATen/ATen.h>

namespace plexus {
namespace {

at::Tensor small_gaussian(const at::Tensor& image, std::int64_t radius, double sigma) {
  const auto count = 2 * radius + 1;
  at::Tensor taps = at::empty({count}, at::kFloat);
  for (std::int64_t i = 0; i < count; ++i)
    taps[i] = std::exp(-static_cast<double>((i - radius) * (i - radius)) / (2 * sigma * sigma));
  const at::Tensor kernel = (taps / taps.sum()).outer(taps / taps.sum()).view({1, 1, count, count});
  const auto planes = image.reshape({-1, 1, image.size(-2), image.size(-1)});
  return at::conv2d(at::reflection_pad2d(planes, {radius, radius, radius, radius}), kernel).reshape(image.sizes());
}

}  // namespace

at::Tensor noisy_in_8_bits(const at::Tensor& image, const at::Tensor& noise) {
  return ((image + noise).clamp(0, 1) * 255).to(at::kByte);
}

at::Tensor unsharp(const at::Tensor& image, double alpha) {
  return (image * (alpha + 1) - small_gaussian(image, 2, 1) * alpha).clamp(0, 1);
}

at::Tensor brightened(const at::Tensor& image, double added) { return (image + added).clamp(0, 1); }

at::Tensor softened(const at::Tensor& image, double sigma) { return small_gaussian(image, 1, sigma); }

at::Tensor rescaled_intensity(const at::Tensor& image, double scale, double bias) { return (image * scale + bias).clamp(0, 1); }

VesselChoices draw_vessel_choices(Rng& rng) {
  VesselChoices choices;
  choices.branch = rng.uniform();
  choices.deviation = rng.uniform(0.02, 0.15);
  choices.alpha = static_cast<double>(rng.integer(10, 21));
  choices.brightness = rng.uniform(-0.05, 0.05);
  choices.sigma = rng.uniform(0.1, 0.5);
  return choices;
}

at::Tensor vessel_augmented(const at::Tensor& image, const VesselChoices& choices, const at::Tensor& noise) {
  if (choices.branch < 0.5) return noisy_in_8_bits(image, noise * choices.deviation).to(at::kFloat) / 255;
  at::Tensor changed = image;
  if (choices.branch < 0.8) changed = unsharp(changed, choices.alpha);
  changed = choices.branch < 0.6 ? brightened(changed, choices.brightness) : softened(changed, choices.sigma);
  return changed.clamp(0, 1);
}

at::Tensor vessel_augmented(const at::Tensor& image, Rng& rng) {
  const auto choices = draw_vessel_choices(rng);
  const auto noise = at::empty(image.sizes(), at::kFloat);
  auto* values = noise.mutable_data_ptr<float>();
  if (choices.branch < 0.5)
    for (std::int64_t i = 0; i < noise.numel(); ++i) values[i] = static_cast<float>(rng.normal());
  return vessel_augmented(image, choices, noise);
}

}  // namespace plexus
