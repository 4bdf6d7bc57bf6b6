#pragma once
#include <plexus/base/random.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus {

// Changes a sample in place: geometry of image and label alike, intensities of the image. Every random choice comes from
// `rng`, so that an equal stream repeats it.
class Transform {
 public:
  virtual ~Transform();
  virtual void apply(Sample& sample, Rng& rng) const = 0;  // [any thread]
  // Draws nothing: its result may be cached.
  virtual bool deterministic() const;
};

}  // namespace plexus
