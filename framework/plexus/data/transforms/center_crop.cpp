#include <plexus/data/transforms/crop_size.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class CenterCrop final : public Transform {
 public:
  using Settings = CropSize;
  explicit CenterCrop(Settings settings) : size_(std::move(settings.size)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    auto start = spare_voxels(sample, size_, "center_crop");
    for (auto& one : start) one = one >= 0 ? one / 2 : -(-one / 2);
    cut(sample, start, size_);
  }

 private:
  std::vector<std::int64_t> size_;
};

}  // namespace

void add_center_crop(Kind<Transform>& kind) {
  kind.add<CenterCrop>("center_crop", "cuts the middle out; pads with 0 where the sample is smaller");
}

}  // namespace plexus::transforms
