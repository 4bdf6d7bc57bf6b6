#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class GaussianNoise final : public Transform {
 public:
  struct Settings {
    double std = 0.1, probability = 0.5;
    void declare(Options& options) {
      options.add("std", std, "largest standard deviation; the one used is uniform in [0, std]").range(0);
      options.add("probability", probability, "of adding noise at all").range(0, 1);
    }
  };
  explicit GaussianNoise(Settings settings) : settings_(settings) {}

  void apply(Sample& sample, Rng& rng) const override {
    if (!rng.chance(settings_.probability)) return;
    const double std = rng.uniform(0, settings_.std);
    change_images(sample, [&](const at::Tensor& image) {
      auto generator = at::make_generator<at::CPUGeneratorImpl>(rng.next());
      return image + at::randn(image.sizes(), generator, image.options()) * std;
    });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_gaussian_noise(Kind<Transform>& kind) {
  kind.add<GaussianNoise>("gaussian_noise", "adds normal noise of a random strength to images");
}

}  // namespace plexus::transforms
