#pragma once
#include <ATen/core/Tensor.h>

namespace plexus::diffusion {

// What a sampler does to its estimate of x0 before it uses it.
struct Clip {
  enum class Kind { none, range, dynamic };
  Kind kind = Kind::none;
  double low = -1, high = 1;           // range: held in [low, high]
  double quantile = 0.995, least = 1;  // dynamic: held in [-s, s] and divided by s (Saharia et al. 2022, 2.3), s the quantile
                                       // of |x0| of each sample, at least `least`
  at::Tensor operator()(const at::Tensor& x0) const;
  static Clip range(double low, double high) { return {.kind = Kind::range, .low = low, .high = high}; }
  static Clip dynamic(double quantile = 0.995, double least = 1) {
    return {.kind = Kind::dynamic, .quantile = quantile, .least = least};
  }
  static const Clip none, start;  // start: held in [-1, 1]
};

inline const Clip Clip::none{};
inline const Clip Clip::start{.kind = Kind::range};

}  // namespace plexus::diffusion
