#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/transform.hpp>

namespace plexus::supervised {

struct AugmentSettings {
  std::vector<std::int64_t> patch_size = {};
  bool normalise = true, flip = true, rotate = true;
  void declare(Options& options);
};

// What a batch needs and a little chance: "image" [C, (D,) H, W] to [0, 1] where values exceed 1, image and "label" to one
// size, flips of each spatial axis (1/2 each), quarter turns in the plane of H and W where these are equal.
class Augment final : public Transform {
 public:
  using Settings = AugmentSettings;
  explicit Augment(Settings settings) : settings_(std::move(settings)) {}
  void apply(Sample& sample, Rng& rng) const override;

 private:
  Settings settings_;
};

}  // namespace plexus::supervised
