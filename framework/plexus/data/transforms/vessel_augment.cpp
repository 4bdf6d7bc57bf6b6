#include <plexus/data/vessel_augment.hpp>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class VesselAugment final : public Transform {
 public:
  struct Settings {
    void declare(Options&) {}
  };
  explicit VesselAugment(Settings) {}

  void apply(Sample& sample, Rng& rng) const override {
    const auto choices = draw_vessel_choices(rng);
    change_images(sample, [&](const at::Tensor& image) {
      if (image.dim() != 3 || image.size(1) < 3 || image.size(2) < 3)
        throw Error(ErrorKind::data, "vessel_augment takes planes of at least 3 x 3 pixels", sample.id);
      const auto noise = at::empty(image.sizes(), at::kFloat);
      auto* values = noise.mutable_data_ptr<float>();
      if (choices.branch < 0.5)
        for (std::int64_t i = 0; i < noise.numel(); ++i) values[i] = static_cast<float>(rng.normal());
      return vessel_augmented(image, choices, noise);
    });
  }
};

}  // namespace

void add_vessel_augment(Kind<Transform>& kind) {
  kind.add<VesselAugment>("vessel_augment",
                          "AdaptDiff's for synthetic angiographies in [0, 1]: noise in 8 bits, sharpening, "
                          "brightness or blur");
}

}  // namespace plexus::transforms
