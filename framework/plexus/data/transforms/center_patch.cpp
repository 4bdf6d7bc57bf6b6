#include <plexus/data/patch.hpp>
#include <plexus/data/transforms/crop_size.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class CenterPatch final : public Transform {
 public:
  using Settings = CropSize;
  explicit CenterPatch(Settings settings) : size_(std::move(settings.size)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    auto size = spare_voxels(sample, size_, "center_patch");
    for (std::size_t a = 0; a < size.size(); ++a) size[a] += size_[a];
    cut(sample, middle_patch(size, size_), size_);
  }

 private:
  std::vector<std::int64_t> size_;
};

}  // namespace

void add_center_patch(Kind<Transform>& kind) {
  kind.add<CenterPatch>("center_patch",
                        "cuts the middle patch out as GenericSSL validates: halves of a voxel go to the even start");
}

}  // namespace plexus::transforms
