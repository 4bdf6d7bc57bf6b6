#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>
#include <plexus/data/volume.hpp>

namespace plexus::transforms {
namespace {

class Resample final : public Transform {
 public:
  struct Settings {
    std::vector<double> spacing;
    std::vector<std::int64_t> size;
    std::string like, align = "origin", image = "linear", label = "nearest";
    void declare(Options& options) {
      options.add("spacing", spacing, "new distances of voxels along x, y and z; one number for all; 0 leaves an axis as it is")
          .unit("mm");
      options.add("size", size, "instead: new sizes in the order (depth,) height, width, of the same extent").unit("voxels");
      options.add("like", like, "instead: a volume whose grid is taken").path();
      options
          .add("align", align,
               "what stays in place when the spacing s becomes t, and the new size. origin: the middle of the first voxel, "
               "round((n - 1) s / t) + 1, as MONAI's Spacing along the patient's axes; edges: its outer edge, round(n s / t); "
               "center: the middle of the grid, floor(n s / t), as TorchIO's Resample")
          .one_of({"origin", "edges", "center"});
      options.add("image", image, "how images are interpolated").one_of({"nearest", "linear", "bspline"});
      options
          .add("label", label,
               "how label maps are: nearest, or linear for each class by itself, the largest wins (smoother outlines)")
          .one_of({"nearest", "linear"});
      options.rule([this]() -> std::string {
        if (int(!spacing.empty()) + int(!size.empty()) + int(!like.empty()) != 1) return "give one of spacing, size and like";
        for (const double one : spacing)
          if (!(one >= 0) || !std::isfinite(one)) return "spacing must be above 0, or 0 for an axis that is kept";
        for (const auto one : size)
          if (one < 1 || one > longest_axis) return "sizes must be in [1, 65536]";
        if (!spacing.empty() && spacing.size() != 1 && spacing.size() != 3) return "spacing needs one number or three";
        if (!size.empty() && size.size() != 2 && size.size() != 3) return "size needs two or three numbers";
        return "";
      });
    }
  };
  explicit Resample(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    const Grid to = target(sample);
    resample(sample, to, interpolation_of(settings_.image), settings_.label);
  }

 private:
  Grid target(const Sample& sample) const {
    const auto size = grid(sample);
    if (!settings_.like.empty()) return grid_of_file(size.size());
    Grid to{sample.geometry, size};
    Point first{0, 0, 0};  // where the first new voxel lies among the old ones
    for (std::size_t axis = 0; axis < size.size(); ++axis) {
      auto& n = to.size[size.size() - 1 - axis];
      auto& spacing = to.geometry.spacing[axis];
      const double before = spacing, count = static_cast<double>(n);
      if (!settings_.size.empty()) {
        if (axis >= settings_.size.size()) continue;
        if (settings_.size.size() > size.size())
          throw Error(ErrorKind::data, fmt::format("a plane cannot take the {} sizes of resample", settings_.size.size()),
                      sample.id);
        n = settings_.size[settings_.size.size() - 1 - axis];
        spacing = before * count / static_cast<double>(n);
        first[axis] = 0.5 * (spacing / before - 1);
        continue;
      }
      const double wanted = settings_.spacing[settings_.spacing.size() == 1 ? 0 : axis];
      // Of a single plane no distance can be changed.
      if (wanted == 0 || n == 1) continue;
      spacing = wanted;
      const double extent = count * before / wanted;
      if (!(extent < 1e5))
        throw Error(ErrorKind::data, fmt::format("a spacing of {} mm would make an axis of {:.3g} voxels", wanted, extent),
                    sample.id, "check the spacing of the file and the one that is asked for");
      const double ratio = wanted / before;
      if (settings_.align == "edges") {
        n = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::nearbyint(extent)));
        first[axis] = 0.5 * (ratio - 1);
      } else if (settings_.align == "center") {
        // floor() must not lose a voxel to what a float32 header rounded.
        n = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::floor(extent + 1e-3)));
        first[axis] = 0.5 * (count - 1 - static_cast<double>(n - 1) * ratio);
      } else {
        n = static_cast<std::int64_t>(std::nearbyint((count - 1) / ratio + 1));
      }
    }
    to.geometry.origin = shifted(sample.geometry, first).origin;
    return to;
  }

  Grid grid_of_file(std::size_t axes) const {
    std::vector<std::int64_t> shape;
    const Geometry geometry = read_volume_geometry(settings_.like, shape).geometry;
    Grid to{geometry, {shape.begin() + 1, shape.end()}};
    if (axes == 2) to.size.erase(to.size.begin());
    return to;
  }

  Settings settings_;
};

}  // namespace

void add_resample(Kind<Transform>& kind) {
  kind.add<Resample>(
      "resample", "samples volumes anew at a spacing, a size or another file's grid; the border's values are repeated outside");
}

}  // namespace plexus::transforms
