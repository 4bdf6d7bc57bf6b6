#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>
#include <plexus/data/unit_range.hpp>

namespace plexus::transforms {
namespace {

class MinMax final : public Transform {
 public:
  struct Settings {
    bool always = false;
    void declare(Options& options) {
      options.add("always", always, "also where the largest value is at most 1; false leaves prepared images as they are");
    }
  };
  explicit MinMax(Settings settings) : settings_(settings) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_images(sample, [this](const at::Tensor& image) {
      if (!settings_.always) return to_unit_range(image);
      const auto low = image.min(), range = image.max() - low;
      return (image - low) / (range + 1e-8);
    });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_min_max(Kind<Transform>& kind) {
  kind.add<MinMax>("min_max", "scales each image to [0, 1] by its smallest and largest value");
}

}  // namespace plexus::transforms
