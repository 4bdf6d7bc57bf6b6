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
    change_images(sample, [&](const at::Tensor& image) {
      if (image.dim() != 3 || image.size(1) < 3 || image.size(2) < 3)
        throw Error(ErrorKind::data, "vessel_augment takes planes of at least 3 x 3 pixels", sample.id);
      return vessel_augmented(image, rng);
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
