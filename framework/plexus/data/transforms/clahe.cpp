#include <plexus/data/clahe.hpp>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/stretch.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Clahe final : public Transform {
 public:
  struct Settings {
    double clip_limit = 5;
    std::vector<std::int64_t> tiles{8, 8};
    bool invert = false;
    void declare(Options& options) {
      options.add("clip_limit", clip_limit, "largest count of a grey level, as a multiple of the even one").range(0);
      options.add("tiles", tiles, "down and across").range(1, 1024);
      options.add("invert", invert,
                  "dark vessels on a bright ground become bright ones, as AdaptDiff takes fundus photographs");
      options.rule([this]() -> std::string { return tiles.size() == 2 ? "" : "tiles: expected two numbers, down and across"; });
    }
  };
  explicit Clahe(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_images(sample, [&](const at::Tensor& image) {
      if (image.dim() != 3) throw Error(ErrorKind::data, "clahe takes planes [channels, height, width]", sample.id);
      const auto changed = at::empty(image.sizes(), at::kFloat);
      for (std::int64_t c = 0; c < image.size(0); ++c) {
        const auto unit = stretched(image[c].to(at::kFloat), 0, 1);
        const auto bytes = ((settings_.invert ? unit.max() - unit : unit) * 255).to(at::kByte);
        changed[c].copy_(stretched(clahe(bytes, settings_.clip_limit, settings_.tiles[0], settings_.tiles[1]), 0, 1));
      }
      return changed;
    });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_clahe(Kind<Transform>& kind) {
  kind.add<Clahe>("clahe", "evens local contrast out (CLAHE on 8 bits, as OpenCV), channel by channel, to [0, 1]");
}

}  // namespace plexus::transforms
