#include "augment.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <type_traits>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <plexus/base/error.hpp>
#include <plexus/data/raster/blur.hpp>
#include <plexus/data/raster/enhance.hpp>
#include <plexus/data/raster/geometry.hpp>
#include <plexus/data/unit_range.hpp>
#include <plexus/data/zoom.hpp>

namespace plexus::diffrect {
namespace {

using raster::Raster;

// 8 bits as published: trunc(255 v) in float32; values outside [0, 1] are clamped.
at::Tensor to_bytes(const at::Tensor& image) {
  const at::Tensor values = image.contiguous();
  at::Tensor bytes = at::empty(values.sizes(), at::kByte);
  const float* from = values.const_data_ptr<float>();
  auto* to = bytes.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < values.numel(); ++i)
    to[i] = static_cast<std::uint8_t>(std::min(std::max(0.0F, 255.0F * from[i]), 255.0F));
  return bytes;
}

// The planes of a contiguous tensor [..., H, W].
template <class T, class Change>
void each_plane(const at::Tensor& image, Change&& change) {
  const std::int64_t height = image.size(-2), width = image.size(-1);
  if (image.numel() == 0) return;
  T* pixels = image.mutable_data_ptr<T>();
  for (std::int64_t k = 0; k < image.numel() / (height * width); ++k)
    change(Raster<T>{pixels + k * height * width, height, width});
}

template <class T>
void change_geometry(const at::Tensor& image, const AugmentChoices& choices) {
  each_plane<T>(image, [&](Raster<T> plane) {
    if (choices.flip_left_right) raster::flip_left_right(plane);
    if (choices.flip_up_down) raster::flip_up_down(plane);
    if (choices.rotate) raster::rotate(plane, *choices.rotate);
  });
}

template <class T>
void change_colour(const at::Tensor& image, const AugmentChoices& choices) {
  each_plane<T>(image, [&](Raster<T> plane) {
    for (const auto& [enhancer, factor] : choices.enhance) {
      if (!factor) continue;
      switch (enhancer) {
        case AugmentChoices::Enhancer::contrast:
          raster::contrast(plane, *factor);
          break;
        case AugmentChoices::Enhancer::sharpness:
          raster::sharpness(plane, *factor);
          break;
        case AugmentChoices::Enhancer::brightness:
          raster::brightness(plane, *factor);
          break;
      }
    }
    if (choices.blur) raster::blur(plane, *choices.blur);
  });
}

// A label map whose largest value is 255 is a mask picture.
void divide_mask_picture(const at::Tensor& label) {
  const std::span<std::uint8_t> values(label.mutable_data_ptr<std::uint8_t>(), static_cast<std::size_t>(label.numel()));
  if (std::find(values.begin(), values.end(), std::uint8_t{255}) == values.end()) return;
  for (auto& value : values) value = value == 255 ? 1 : 0;
}

template <class T>
Augmented augment_planes(const at::Tensor& image, const at::Tensor& label, const AugmentChoices& choices) {
  at::Tensor weak = image.clone(at::MemoryFormat::Contiguous), map = label.clone(at::MemoryFormat::Contiguous);
  change_geometry<T>(weak, choices);
  change_geometry<std::uint8_t>(map, choices);
  at::Tensor strong = weak.clone();
  change_colour<T>(strong, choices);
  divide_mask_picture(map);
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    // As published: a slice of nothing but 0 and 1 is not divided.
    const auto* bytes = weak.const_data_ptr<std::uint8_t>();
    const bool divide = std::any_of(bytes, bytes + weak.numel(), [](std::uint8_t value) { return value > 1; });
    weak = weak.to(at::kFloat);
    strong = strong.to(at::kFloat);
    if (divide) weak.div_(255.0F), strong.div_(255.0F);
  }
  return {weak, strong, map};
}

const at::Tensor& image_of(const Sample& sample) {
  const auto found = sample.fields.find("image");
  if (found == sample.fields.end() || found->second.dim() != 3)
    throw Error(ErrorKind::data, "the sample needs an image [channels, height, width]", sample.id,
                "DiffRect trains on 2D slices: choose a data set of slices");
  return found->second;
}

}  // namespace

void PrepareSettings::declare(Options& options) {
  options.add("patch_size", patch_size, "height and width of the slices that the networks see").unit("pixels");
  options.add("eight_bit", eight_bit, "as published, training images are rounded to 8 bits; off: they stay real numbers");
  options.rule([this]() -> std::string {
    const bool fits = patch_size.size() == 2 && patch_size[0] > 0 && patch_size[1] > 0;
    return fits ? "" : "patch_size: expected two sizes above 0, height and width";
  });
}

void PrepareSlice::apply(Sample& sample, Rng&) const {
  const at::Tensor image = zoom_nearest(to_unit_range(image_of(sample)), settings_.patch_size);
  sample.fields["image"] = settings_.eight_bit ? to_bytes(image) : image.contiguous();
  const auto label = sample.fields.find("label");
  if (label == sample.fields.end()) return;
  if (label->second.dim() != 2) throw Error(ErrorKind::data, "the label of a slice must be [height, width]", sample.id);
  const at::Tensor values = label->second;
  if (values.numel() > 0 && (values.min().item<double>() < 0 || values.max().item<double>() > 255))
    throw Error(ErrorKind::data, "a label lies outside 0 ... 255", sample.id);
  label->second = zoom_nearest(values.to(at::kByte), settings_.patch_size).contiguous();
}

void AugmentSettings::declare(Options& options) {
  options.add("no_flip", no_flip, "no mirroring; published: each axis with probability 0.5");
  options.add("no_color", no_color, "strong images without contrast, sharpness and brightness");
  options.add("no_blur", no_blur, "strong images without blur");
  options.add("rot", rot, "rotation: 359: 0 to 358 degrees; R: -R to R - 1").range(1, 360).unit("degrees");
}

AugmentChoices draw_choices(const AugmentSettings& settings, Rng& rng) {
  using Enhancer = AugmentChoices::Enhancer;
  AugmentChoices choices;
  choices.flip_left_right = rng.chance(0.5) && !settings.no_flip;
  choices.flip_up_down = rng.chance(0.5) && !settings.no_flip;
  // As published: with the default, 359 degrees are never drawn.
  const std::int64_t drawn = settings.rot == 359 ? rng.integer(0, 359) : rng.integer(-settings.rot, settings.rot);
  if (rng.chance(0.5)) choices.rotate = static_cast<int>(drawn < 0 ? drawn + 360 : drawn);
  if (!settings.no_color) {
    std::array<Enhancer, 3> order{Enhancer::contrast, Enhancer::sharpness, Enhancer::brightness};
    rng.shuffle(std::span<Enhancer>(order));
    for (const Enhancer enhancer : order) {
      choices.enhance.emplace_back(enhancer, std::nullopt);
      if (rng.chance(0.5)) choices.enhance.back().second = rng.uniform(1.0, 1.1);
    }
  }
  if (!settings.no_blur && rng.chance(0.5)) choices.blur = rng.uniform();
  return choices;
}

Augmented augment(const at::Tensor& image, const at::Tensor& label, const AugmentChoices& choices) {
  const at::NoGradGuard no_gradient;
  return image.scalar_type() == at::kByte ? augment_planes<std::uint8_t>(image, label, choices)
                                          : augment_planes<float>(image.to(at::kFloat), label, choices);
}

void AugmentSlice::apply(Sample& sample, Rng& rng) const {
  const at::Tensor image = image_of(sample);
  auto& label = sample.fields["label"];
  if (!label.defined()) label = at::zeros({image.size(1), image.size(2)}, at::kByte);
  if (label.dim() != 2 || label.scalar_type() != at::kByte || label.size(0) != image.size(1) || label.size(1) != image.size(2))
    throw Error(ErrorKind::data, "image and label differ in size", sample.id);
  Augmented made = augment(image, label, draw_choices(settings_, rng));
  sample.fields.erase("image");
  sample.fields["image_weak"] = std::move(made.image_weak);
  sample.fields["image_strong"] = std::move(made.image_strong);
  sample.fields["label"] = std::move(made.label);
}

}  // namespace plexus::diffrect
