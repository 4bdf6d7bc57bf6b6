#include <plexus/data/patch.hpp>
#include <plexus/data/transforms/crop_size.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class RandomPatch final : public Transform {
 public:
  using Settings = CropSize;
  explicit RandomPatch(Settings settings) : size_(std::move(settings.size)) {}

  void apply(Sample& sample, Rng& rng) const override {
    auto size = spare_voxels(sample, size_, "random_patch");
    for (std::size_t a = 0; a < size.size(); ++a) size[a] += size_[a];
    const auto room = patch_room(size, size_, size.size() == 2 ? 2 : 1);
    std::vector<std::int64_t> start;
    for (std::size_t a = 0; a < size.size(); ++a) start.push_back(rng.integer(0, room.bound[a]) - room.margin[a]);
    cut(sample, start, size_);
  }

 private:
  std::vector<std::int64_t> size_;
};

}  // namespace

void add_random_patch(Kind<Transform>& kind) {
  kind.add<RandomPatch>("random_patch",
                        "cuts a patch out at random as GenericSSL does: small samples gain a border of 0, and "
                        "the last place is never drawn");
}

}  // namespace plexus::transforms
