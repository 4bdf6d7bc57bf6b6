#pragma once
#include <vector>

#include <plexus/base/random.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus {

// Changes a sample in place: geometry of image and label alike, intensities of the image. Every random choice comes from
// `rng`, so that an equal stream repeats it. What moves the grid sets sample.geometry to where the voxels now lie: by that,
// predictions are brought back.
class Transform {
 public:
  virtual ~Transform();
  virtual void apply(Sample& sample, Rng& rng) const = 0;  // [any thread]
  // A step that makes several samples of one (volumes of a series, slices of a volume), each with an id of its own, overrides
  // this; its apply() throws Error(configuration). Default: the one that apply() leaves.
  virtual std::vector<Sample> apply_all(Sample sample, Rng& rng) const;
  // Takes back what apply() did to label values (original ids for prepared ones). Default: the values as they are.
  virtual at::Tensor restore_label(const at::Tensor& label) const;
  // Draws nothing: its result may be cached.
  virtual bool deterministic() const;
};

}  // namespace plexus
