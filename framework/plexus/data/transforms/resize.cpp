#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>
#include <plexus/data/zoom.hpp>

namespace plexus::transforms {
namespace {

class Resize final : public Transform {
 public:
  struct Settings {
    std::vector<std::int64_t> size;
    std::string image = "nearest";
    void declare(Options& options) {
      options.add("size", size, "new height and width, or depth, height and width").required().unit("voxels");
      options.add("image", image, "how images are interpolated; labels are always nearest").one_of({"nearest", "linear"});
      options.rule([this] {
        for (const auto one : size)
          if (one < 1 || one > longest_axis) return "sizes must be in [1, 65536]";
        return size.size() == 2 || size.size() == 3 ? "" : "size needs two or three numbers";
      });
    }
  };
  explicit Resize(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  // Corners stay where they are, for images and labels alike.
  void apply(Sample& sample, Rng&) const override {
    const auto before = grid(sample);
    auto size = settings_.size;
    if (size.size() > before.size())
      throw Error(ErrorKind::data, fmt::format("a plane cannot take the {} sizes of resize", size.size()), sample.id);
    while (size.size() < before.size()) size.insert(size.begin(), before[before.size() - size.size() - 1]);
    if (size == before) return;
    const bool linear = settings_.image == "linear";
    change_images(sample, [&](const at::Tensor& image) {
      return linear ? interpolated(image, size) : zoom_nearest(image, size, ZoomBorder::repeat);
    });
    change_labels(sample, [&](const at::Tensor& label) { return zoom_nearest(label, size, ZoomBorder::repeat); });
    for (std::size_t i = 0; i < size.size(); ++i) {
      auto& spacing = sample.geometry.spacing[size.size() - 1 - i];
      if (size[i] > 1 && before[i] > 1) spacing *= static_cast<double>(before[i] - 1) / static_cast<double>(size[i] - 1);
    }
  }

 private:
  static at::Tensor interpolated(const at::Tensor& image, const std::vector<std::int64_t>& size) {
    const auto batch = image.to(at::kFloat).unsqueeze(0);
    return (size.size() == 2 ? at::upsample_bilinear2d(batch, size, true) : at::upsample_trilinear3d(batch, size, true))
        .squeeze(0);
  }

  Settings settings_;
};

}  // namespace

void add_resize(Kind<Transform>& kind) {
  kind.add<Resize>("resize", "zooms to a size with the corners kept; two numbers leave the depth as it is");
}

}  // namespace plexus::transforms
