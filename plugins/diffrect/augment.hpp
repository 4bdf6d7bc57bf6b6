#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/base/options.hpp>
#include <plexus/sdk/transform.hpp>

namespace plexus::diffrect {

struct PrepareSettings {
  std::vector<std::int64_t> patch_size{256, 256};
  bool eight_bit = true;  // false: the image stays float32
  void declare(Options& options);
};

// Slice [1, H, W] and label [H, W] to the network's size by order-0 zoom, and the image through 8 bits as published. Draws
// nothing, so a loader may cache it. Images with values above 1 are first scaled to [0, 1], slice by slice.
class PrepareSlice final : public Transform {
 public:
  using Settings = PrepareSettings;
  explicit PrepareSlice(Settings settings = {}) : settings_(std::move(settings)) {}
  // "image" -> uint8 (or float32) [1, h, w]; "label" -> uint8 [h, w].
  void apply(Sample& sample, Rng& rng) const override;
  bool deterministic() const override { return true; }

 private:
  Settings settings_;
};

// The random choices of one sample.
struct AugmentChoices {
  enum class Enhancer { contrast, sharpness, brightness };
  bool flip_left_right = false, flip_up_down = false;
  std::optional<int> rotate;                                        // degrees counter-clockwise
  std::vector<std::pair<Enhancer, std::optional<double>>> enhance;  // in order; factor, or skipped
  std::optional<double> blur;                                       // radius in pixels
};

struct AugmentSettings {
  bool no_flip = false, no_color = false, no_blur = false;
  std::int64_t rot = 359;  // 359: angles 0 ... 358; other R: -R ... R - 1
  void declare(Options& options);
};
AugmentChoices draw_choices(const AugmentSettings& settings, Rng& rng);

struct Augmented {
  at::Tensor image_weak, image_strong;  // float32 [1, h, w], in [0, 1]
  at::Tensor label;                     // uint8 [h, w]
};
// Image and label as PrepareSlice leaves them. Geometry is shared; colour and blur touch the strong image only.
Augmented augment(const at::Tensor& image, const at::Tensor& label, const AugmentChoices& choices);

// Draws and applies: "image" and "label" become "image_weak", "image_strong" and "label"; "image" is left out.
class AugmentSlice final : public Transform {
 public:
  using Settings = AugmentSettings;
  explicit AugmentSlice(Settings settings = {}) : settings_(settings) {}
  void apply(Sample& sample, Rng& rng) const override;

 private:
  Settings settings_;
};

}  // namespace plexus::diffrect
