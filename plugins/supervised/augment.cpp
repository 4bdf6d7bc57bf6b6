#include "augment.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/data/unit_range.hpp>
#include <plexus/data/zoom.hpp>

namespace plexus::supervised {

void AugmentSettings::declare(Options& options) {
  options
      .add("patch_size", patch_size,
           "Sizes, (depth,) height, width, that image and label are zoomed to (nearest voxel); empty: those of the model `unet`, with others as they are.")
      .range(1)
      .unit("voxels");
  options.add("normalise", normalise, "Scale samples with values above 1 to [0, 1] by their extremes.");
  options.add("flip", flip, "Flip each spatial axis at random.");
  options.add("rotate", rotate, "Turn by a random multiple of 90 degrees in the plane, where that is square.");
}

void Augment::apply(Sample& sample, Rng& rng) const {
  auto& image = sample.fields.at("image");
  auto& label = sample.fields.at("label");
  if (settings_.normalise) image = to_unit_range(image);
  if (!settings_.patch_size.empty()) {
    if (static_cast<std::int64_t>(settings_.patch_size.size()) != label.dim()) {
      throw Error(ErrorKind::configuration, "patch_size needs " + std::to_string(label.dim()) + " numbers here", sample.id);
    }
    image = zoom_nearest(image, settings_.patch_size, ZoomBorder::repeat);
    label = zoom_nearest(label, settings_.patch_size, ZoomBorder::repeat);
  }
  const auto axes = label.dim();
  for (std::int64_t axis = 1; settings_.flip && axis <= axes; ++axis) {
    if (!rng.chance(0.5)) continue;
    image = image.flip({-axis});
    label = label.flip({-axis});
  }
  if (settings_.rotate && image.size(-1) == image.size(-2)) {
    const auto turns = rng.integer(0, 4);
    image = at::rot90(image, turns, {-2, -1});
    label = at::rot90(label, turns, {-2, -1});
  }
  image = image.contiguous();
  label = label.contiguous();
}

}  // namespace plexus::supervised
