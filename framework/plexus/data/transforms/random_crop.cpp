#include <plexus/data/transforms/crop_size.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class RandomCrop final : public Transform {
 public:
  using Settings = CropSize;
  explicit RandomCrop(Settings settings) : size_(std::move(settings.size)) {}

  void apply(Sample& sample, Rng& rng) const override {
    auto start = spare_voxels(sample, size_, "random_crop");
    // A sample that is too small lies anywhere in the padding.
    for (auto& one : start) one = one >= 0 ? rng.integer(0, one + 1) : -rng.integer(0, -one + 1);
    cut(sample, start, size_);
  }

 private:
  std::vector<std::int64_t> size_;
};

}  // namespace

void add_random_crop(Kind<Transform>& kind) {
  kind.add<RandomCrop>("random_crop", "cuts a part out at random; pads with 0 where the sample is smaller");
}

}  // namespace plexus::transforms
