#include <cmath>
#include <numbers>

#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class RandomAffine final : public Transform {
 public:
  struct Settings {
    double degrees = 15, scale = 0.1, shift = 0.05, probability = 1;
    void declare(Options& options) {
      options.add("degrees", degrees, "largest angle, to either side").range(0, 180).unit("degrees");
      options.add("scale", scale, "zoom factors are drawn from [1 / (1 + scale), 1 + scale]").range(0, 4);
      options.add("shift", shift, "largest shift of each axis, as a part of its length").range(0, 1);
      options.add("probability", probability, "of moving a sample at all").range(0, 1);
    }
  };
  explicit RandomAffine(Settings settings) : settings_(settings) {}

  void apply(Sample& sample, Rng& rng) const override {
    if (!rng.chance(settings_.probability)) return;
    const double angle = rng.uniform(-1, 1) * settings_.degrees * std::numbers::pi / 180;
    const double zoom = std::exp(rng.uniform(-1, 1) * std::log1p(settings_.scale));
    // In units of half an axis, which the sampling grid is given in.
    const double right = 2 * settings_.shift * rng.uniform(-1, 1), down = 2 * settings_.shift * rng.uniform(-1, 1);
    const auto size = grid(sample);
    const auto height = size[size.size() - 2], width = size.back();
    const double aspect = static_cast<double>(height) / static_cast<double>(width);
    const double cosine = std::cos(angle) / zoom, sine = std::sin(angle) / zoom;
    // Pixels are taken for square: the turn is one of the pixel grid.
    const auto places = at::affine_grid_generator(
        at::tensor({cosine, -sine * aspect, right, sine / aspect, cosine, down}, at::kFloat).view({1, 2, 3}),
        {1, 1, height, width}, false);
    const auto move = [&](const at::Tensor& tensor, Interpolation interpolation, Padding padding) {
      const auto planes = tensor.to(at::kFloat).reshape({1, -1, height, width});
      return at::grid_sampler(planes, places, static_cast<int>(interpolation), static_cast<int>(padding), false)
          .reshape(tensor.sizes())
          .to(tensor.scalar_type());
    };
    change_images(sample, [&](const at::Tensor& image) { return move(image, Interpolation::linear, Padding::border); });
    change_labels(sample, [&](const at::Tensor& label) { return move(label, Interpolation::nearest, Padding::zeros); });
  }

 private:
  // As at::grid_sampler numbers them.
  enum class Interpolation { linear = 0, nearest = 1 };
  enum class Padding { zeros = 0, border = 1 };

  Settings settings_;
};

}  // namespace

void add_random_affine(Kind<Transform>& kind) {
  kind.add<RandomAffine>("random_affine",
                         "turns, zooms and shifts planes; images linearly with their border repeated, labels by nearest "
                         "neighbour with background around");
}

}  // namespace plexus::transforms
