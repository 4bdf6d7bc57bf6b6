#include <fmt/format.h>
#include <fmt/ranges.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class CropBox final : public Transform {
 public:
  struct Settings {
    std::vector<std::int64_t> start, size;
    void declare(Options& options) {
      options.add("start", start, "first voxel of the box, (depth,) height, width").required().unit("voxels");
      options.add("size", size, "sizes of the box in the same order").required().unit("voxels");
      options.rule([this] {
        for (const auto one : start)
          if (one < 0 || one > longest_axis) return "start must be in [0, 65536]";
        for (const auto one : size)
          if (one < 1 || one > longest_axis) return "sizes must be in [1, 65536]";
        return start.size() == size.size() && (size.size() == 2 || size.size() == 3)
                   ? ""
                   : "start and size need two or three numbers each";
      });
    }
  };
  explicit CropBox(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    const auto have = grid(sample);
    const auto axes = settings_.size.size();
    bool fits = axes <= have.size();
    for (std::size_t i = 0; fits && i < axes; ++i)
      fits = settings_.start[i] + settings_.size[i] <= have[have.size() - axes + i];
    if (!fits)
      throw Error(ErrorKind::data,
                  fmt::format("the box of crop_box does not lie within the grid of {}", fmt::join(have, " x ")), sample.id,
                  "pad first, or give another box");
    cut(sample, settings_.start, settings_.size);
  }

 private:
  Settings settings_;
};

}  // namespace

void add_crop_box(Kind<Transform>& kind) { kind.add<CropBox>("crop_box", "cuts to a box of voxels"); }

}  // namespace plexus::transforms
