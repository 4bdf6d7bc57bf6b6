#include <ATen/ATen.h>

#include <plexus/base/log.hpp>
#include <plexus/data/transforms/box.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class CropForeground final : public Transform {
 public:
  struct Settings {
    double above = 0;
    std::vector<std::int64_t> margin{0};
    void declare(Options& options) {
      options.add("above", above, "foreground is where a channel of the image is above this value");
      options.add("margin", margin, "kept around it: one number, or one an axis in the order (depth,) height, width")
          .unit("voxels");
      options.rule([this] {
        for (const auto one : margin)
          if (one < 0 || one > longest_axis) return "margins must be in [0, 65536]";
        return margin.empty() ? "margin needs a number" : "";
      });
    }
  };
  explicit CropForeground(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    at::Tensor mask;
    for (const auto& [name, field] : sample.fields) {
      if (!name.starts_with("image")) continue;
      const at::Tensor set = field.gt(settings_.above).any(0);
      mask = mask.defined() ? mask.logical_or(set) : set;
    }
    if (mask.defined() && !cut_to(sample, mask, settings_.margin))
      log::warning(sample.id + ": has no foreground and is left as it is");
  }

 private:
  Settings settings_;
};

}  // namespace

void add_crop_foreground(Kind<Transform>& kind) {
  kind.add<CropForeground>("crop_foreground",
                           "cuts to the box around the voxels above a value; a sample without any is left as it is");
}

}  // namespace plexus::transforms
