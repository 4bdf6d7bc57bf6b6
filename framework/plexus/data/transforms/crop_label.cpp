#include <ATen/ATen.h>

#include <plexus/data/transforms/box.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class CropLabel final : public Transform {
 public:
  struct Settings {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> margin{0};
    void declare(Options& options) {
      options.add("ids", ids, "label ids that are looked for; none: all but 0");
      options.add("margin", margin, "kept around them: one number, or one an axis in the order (depth,) height, width")
          .unit("voxels");
      options.rule([this] {
        for (const auto one : margin)
          if (one < 0 || one > longest_axis) return "margins must be in [0, 65536]";
        return margin.empty() ? "margin needs a number" : "";
      });
    }
  };
  explicit CropLabel(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  // Where there is no label, as in prediction, the sample stays whole: what is learnt must not depend on the crop.
  void apply(Sample& sample, Rng&) const override {
    const auto found = sample.fields.find("label");
    if (found == sample.fields.end()) return;
    at::Tensor mask = found->second.ne(0);
    if (!settings_.ids.empty()) {
      mask.zero_();
      for (const auto id : settings_.ids) mask.logical_or_(found->second.eq(id));
    }
    cut_to(sample, mask, settings_.margin);
  }

 private:
  Settings settings_;
};

}  // namespace

void add_crop_label(Kind<Transform>& kind) {
  kind.add<CropLabel>("crop_label",
                      "cuts to the box around the label; a sample without label, or with an empty one, is left as it is");
}

}  // namespace plexus::transforms
