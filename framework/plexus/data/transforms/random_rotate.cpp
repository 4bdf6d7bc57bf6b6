#include <plexus/data/spatial_augment.hpp>

#include <numbers>

#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class RandomRotate final : public Transform {
 public:
  struct Settings {
    double degrees = 15, probability = 0.5;
    void declare(Options& options) {
      options.add("degrees", degrees, "largest angle, to either side").range(0, 180).unit("degrees");
      options.add("probability", probability, "of turning a sample at all").range(0, 1);
    }
  };
  explicit RandomRotate(Settings settings) : settings_(settings) {}

  void apply(Sample& sample, Rng& rng) const override {
    if (!rng.chance(settings_.probability)) return;
    const double angle = rng.uniform(-1, 1) * settings_.degrees * std::numbers::pi / 180;
    change_images(sample, [angle](const at::Tensor& image) { return turned_with_border(image, angle); });
    // Class by class, the class of the greatest share.
    change_labels(sample, [angle](const at::Tensor& label) {
      const auto highest = label.max().item().to<std::int64_t>();
      std::vector<at::Tensor> shares;
      for (std::int64_t c = 0; c <= highest; ++c) shares.push_back(turned_with_border((label == c).to(at::kFloat), angle));
      return at::stack(shares).argmax(0).to(label.scalar_type());
    });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_random_rotate(Kind<Transform>& kind) {
  kind.add<RandomRotate>("random_rotate", "turns planes, linearly with their border repeated (MONAI's RandRotate)");
}

}  // namespace plexus::transforms
