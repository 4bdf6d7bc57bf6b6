#include <algorithm>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Pad final : public Transform {
 public:
  struct Settings {
    std::vector<std::int64_t> size, multiple;
    double value = 0;
    void declare(Options& options) {
      options.add("size", size, "smallest sizes afterwards, (depth,) height, width; larger samples stay").unit("voxels");
      options.add("multiple", multiple, "or: sizes become multiples of this, one number or one an axis").unit("voxels");
      options.add("value", value, "of images in the padding; labels get 0");
      options.rule([this] {
        for (const auto& list : {size, multiple})
          for (const auto one : list)
            if (one < 1 || one > longest_axis) return "sizes and multiples must be in [1, 65536]";
        return size.empty() != multiple.empty() ? "" : "give one of size and multiple";
      });
    }
  };
  explicit Pad(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  // Half of it in front, the odd voxel behind.
  void apply(Sample& sample, Rng&) const override {
    const auto have = grid(sample);
    const auto& wanted = settings_.size.empty() ? settings_.multiple : settings_.size;
    const bool one_for_all = !settings_.multiple.empty() && wanted.size() == 1;
    if (wanted.size() > have.size())
      throw Error(ErrorKind::data, fmt::format("has fewer axes than the {} sizes of pad", wanted.size()), sample.id);
    auto size = have;
    for (std::size_t axis = 0; axis < have.size(); ++axis) {
      const auto missing = have.size() - wanted.size();
      if (!one_for_all && axis < missing) continue;
      const auto number = wanted[one_for_all ? 0 : axis - missing];
      size[axis] = settings_.size.empty() ? (have[axis] + number - 1) / number * number : std::max(have[axis], number);
    }
    if (size == have) return;
    std::vector<std::int64_t> start;
    for (std::size_t axis = 0; axis < have.size(); ++axis) start.push_back(-((size[axis] - have[axis]) / 2));
    cut(sample, start, size, settings_.value);
  }

 private:
  Settings settings_;
};

}  // namespace

void add_pad(Kind<Transform>& kind) { kind.add<Pad>("pad", "pads on both sides to a size, or to a multiple of one"); }

}  // namespace plexus::transforms
