#include <cmath>

#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class RandomContrast final : public Transform {
 public:
  struct Settings {
    double gamma = 0.5, probability = 1;
    void declare(Options& options) {
      options.add("gamma", gamma, "exponents are drawn from [1 / (1 + gamma), 1 + gamma]").range(0, 9);
      options.add("probability", probability, "of changing a sample at all").range(0, 1);
    }
  };
  explicit RandomContrast(Settings settings) : settings_(settings) {}

  void apply(Sample& sample, Rng& rng) const override {
    if (!rng.chance(settings_.probability)) return;
    const double exponent = std::exp(rng.uniform(-1, 1) * std::log1p(settings_.gamma));
    change_images(sample, [&](const at::Tensor& image) {
      const auto values = image.to(at::kFloat);
      if (values.numel() == 0) return values;
      const auto low = values.min(), range = values.max() - low;
      return low + range * ((values - low) / range.clamp_min(1e-8)).pow(exponent);
    });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_random_contrast(Kind<Transform>& kind) {
  kind.add<RandomContrast>("random_contrast", "raises intensities, scaled to [0, 1] by their extremes, to a random power");
}

}  // namespace plexus::transforms
