#pragma once
#include <cstdint>

#include <plexus/sdk/transform.hpp>

namespace plexus::medsegdiff {

// A training slice, image [C, H, W] and label [H, W], brought to size x size as published loaders do: bilinear with
// antialiasing and half-pixel centres; each class's mask is resized so, and is there where it is above `threshold` (the
// highest where classes overlap).
class FitSlice final : public Transform {
 public:
  FitSlice(std::int64_t size, double threshold) : size_(size), threshold_(threshold) {}
  bool deterministic() const override { return true; }
  void apply(Sample& sample, Rng& rng) const override;

 private:
  std::int64_t size_;
  double threshold_;
};

}  // namespace plexus::medsegdiff
