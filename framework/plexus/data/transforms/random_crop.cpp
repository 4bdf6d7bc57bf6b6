#include <algorithm>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class RandomCrop final : public Transform {
 public:
  struct Settings {
    std::vector<std::int64_t> size;
    void declare(Options& options) {
      options.add("size", size, "height and width, or depth, height and width").required().unit("voxels");
      options.rule([this] {
        return !size.empty() && *std::min_element(size.begin(), size.end()) > 0 ? "" : "sizes must be at least 1";
      });
    }
  };
  explicit RandomCrop(Settings settings) : size_(std::move(settings.size)) {}

  void apply(Sample& sample, Rng& rng) const override {
    const auto have = grid(sample);
    if (size_.size() > have.size())
      throw Error(ErrorKind::data, fmt::format("has fewer axes than the {} sizes of random_crop", size_.size()), sample.id);
    std::vector<std::int64_t> start;
    for (std::size_t i = 0; i < size_.size(); ++i) {
      const auto free = have[have.size() - size_.size() + i] - size_[i];
      // A sample that is too small lies anywhere in the padding.
      start.push_back(free >= 0 ? rng.integer(0, free + 1) : -rng.integer(0, -free + 1));
    }
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
