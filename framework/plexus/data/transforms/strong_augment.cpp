#include <plexus/data/strong_augment.hpp>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>

namespace plexus::transforms {
namespace {

class StrongAugment final : public Transform {
 public:
  struct Settings {
    std::int64_t picks = 3;
    double probability = 0.7;
    void declare(Options& options) {
      options.add("picks", picks, "how many of rotation, scale, blur, brightness, contrast and gamma are picked").range(0, 6);
      options.add("probability", probability, "of making one that is picked").range(0, 1);
    }
  };
  explicit StrongAugment(Settings settings) : settings_(settings) {}

  void apply(Sample& sample, Rng& rng) const override {
    const auto image = sample.fields.find("image"), label = sample.fields.find("label");
    if (image == sample.fields.end() || image->second.size(0) != 1)
      throw Error(ErrorKind::data, "strong_augment takes images of one channel", sample.id, "choose one with select_channels");
    Augmentable changed{image->second[0], label == sample.fields.end() ? at::Tensor() : label->second};
    for (const auto& choice : draw_strong(settings_.picks, settings_.probability, changed.image.dim() == 2, rng))
      changed = strongly_changed(changed, choice);
    image->second = changed.image.unsqueeze(0).contiguous();
    if (label != sample.fields.end()) label->second = changed.label.contiguous();
  }

 private:
  Settings settings_;
};

}  // namespace

void add_strong_augment(Kind<Transform>& kind) {
  kind.add<StrongAugment>("strong_augment",
                          "GenericSSL's: some of rotation, zoom, blur, brightness, contrast and gamma, values left unclipped");
}

}  // namespace plexus::transforms
