#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Split4d final : public Transform {
 public:
  struct Settings {
    void declare(Options&) {}
  };
  explicit Split4d(Settings) {}
  bool deterministic() const override { return true; }

  void apply(Sample&, Rng&) const override { refuse_single("split_4d"); }
  std::vector<Sample> apply_all(Sample sample, Rng&) const override {
    const at::Tensor image = sample.fields.at("image");
    if (image.size(0) == 1) return {std::move(sample)};
    std::vector<Sample> all;
    for (std::int64_t c = 0; c < image.size(0); ++c) {
      Sample one = sample;
      one.id = fmt::format("{}_{:04}", sample.id, c);
      change_images(
          one, [&](const at::Tensor& field) { return field.size(0) == image.size(0) ? field.narrow(0, c, 1).clone() : field; });
      all.push_back(std::move(one));
    }
    return all;
  }
};

}  // namespace

void add_split_4d(Kind<Transform>& kind) {
  kind.add<Split4d>("split_4d", "makes a sample of each channel of a 4D image, ID_0000, ID_0001, …; all with the label");
}

}  // namespace plexus::transforms
