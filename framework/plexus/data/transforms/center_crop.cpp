#include <algorithm>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class CenterCrop final : public Transform {
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
  explicit CenterCrop(Settings settings) : size_(std::move(settings.size)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    const auto have = grid(sample);
    if (size_.size() > have.size())
      throw Error(ErrorKind::data, fmt::format("has fewer axes than the {} sizes of center_crop", size_.size()), sample.id);
    std::vector<std::int64_t> start;
    for (std::size_t i = 0; i < size_.size(); ++i) {
      const auto free = have[have.size() - size_.size() + i] - size_[i];
      start.push_back(free >= 0 ? free / 2 : -(-free / 2));
    }
    cut(sample, start, size_);
    auto& place = sample.geometry;
    for (std::size_t i = 0; i < size_.size(); ++i) {
      const std::size_t axis = size_.size() - 1 - i;
      for (std::size_t row = 0; row < 3; ++row)
        place.origin[row] += place.direction[3 * row + axis] * place.spacing[axis] * static_cast<double>(start[i]);
    }
  }

 private:
  std::vector<std::int64_t> size_;
};

}  // namespace

void add_center_crop(Kind<Transform>& kind) {
  kind.add<CenterCrop>("center_crop", "cuts the middle out; pads with 0 where the sample is smaller");
}

}  // namespace plexus::transforms
