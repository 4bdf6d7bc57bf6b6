#include "slices.hpp"

#include <numbers>
#include <string>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/head_ct.hpp>
#include <plexus/data/spatial_augment.hpp>

namespace plexus::mls {

void SliceSettings::declare(Options& options) {
  options.add("size", size, "rows and columns of the slices; scans to predict from are zoomed to it").range(16, 4096).unit("pixels");
  options.add("window", window, "stored values that become -1 and 1; what lies beyond is clipped").unit("HU");
  options.rule([this] {
    return window.size() != 2 || !(window[0] < window[1]) ? "window is two numbers, the lower one first"
           : size % 16 != 0                               ? "size must be a multiple of 16"
                                                          : "";
  });
}

void WindowSlice::apply(Sample& sample, Rng&) const {
  auto& image = sample.fields.at("image");
  if (image.dim() != 3 || image.size(1) != settings_.size || image.size(2) != settings_.size) {
    const auto sizes = image.sizes();
    throw Error(ErrorKind::data,
                "is a slice of " + std::to_string(sizes[sizes.size() - 2]) + " x " + std::to_string(sizes.back()) +
                    " pixels; the model works on " + std::to_string(settings_.size) + " x " + std::to_string(settings_.size),
                sample.id, "set the model's `size`, or prepare the scans with that one");
  }
  image = windowed(image, settings_.window[0], settings_.window[1]);
  if (mask_) sample.fields["mask"] = head_mask(image);
}

void TurnSettings::declare(Options& options) {
  options.add("flip", flip, "probability that a slice is mirrored").range(0, 1);
  options.add("rotate", rotate, "probability that it is turned").range(0, 1);
  options.add("degrees", degrees, "the largest turn, either way").range(0, 180).unit("degrees");
}

void TurnSlice::apply(Sample& sample, Rng& rng) const {
  auto image = sample.fields.at("image");
  if (rng.chance(settings_.flip)) image = image.flip(-1);
  if (rng.chance(settings_.rotate)) {
    const double largest = settings_.degrees * std::numbers::pi / 180;
    image = turned_with_border(image, rng.uniform(-largest, largest));
  }
  sample.fields = {{"image", image.contiguous()}};
}

}  // namespace plexus::mls
