#pragma once
#include <cstdint>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/transform.hpp>

namespace plexus::mls {

// What slices the method works on: values between the window's ends as -1 … 1, `size` rows and columns.
struct SliceSettings {
  std::int64_t size = 256;
  std::vector<double> window{0, 80};  // Hounsfield units
  void declare(Options& options);
};

// A training slice of the data set (image [1, H, W] in Hounsfield units) as the networks see it; with `mask`, the field
// "mask" holds the head, uint8 [1, H, W]. Throws Error(data) for slices of another size.
class WindowSlice final : public Transform {
 public:
  WindowSlice(SliceSettings settings, bool mask) : settings_(std::move(settings)), mask_(mask) {}
  void apply(Sample& sample, Rng& rng) const override;
  bool deterministic() const override { return true; }

 private:
  SliceSettings settings_;
  bool mask_;
};

struct TurnSettings {
  double flip = 0.5, rotate = 0.5, degrees = 15;
  void declare(Options& options);
};

// Mirrors left and right, then turns about the middle (bilinear, border repeated), each with its probability. Of the image
// only: the other fields are dropped.
class TurnSlice final : public Transform {
 public:
  explicit TurnSlice(TurnSettings settings) : settings_(settings) {}
  void apply(Sample& sample, Rng& rng) const override;

 private:
  TurnSettings settings_;
};

}  // namespace plexus::mls
