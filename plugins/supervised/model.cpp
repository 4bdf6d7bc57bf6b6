#include "model.hpp"

#include <plexus/base/error.hpp>

namespace plexus::supervised {
namespace {

std::string problem(const ModelSettings& s) {
  const UNetSettings unet{.widths = s.widths, .dropout = s.dropout};
  if (auto wrong = unet.problem(); !wrong.empty()) return wrong;
  if (s.patch_size.size() != 2) return "patch_size is two numbers: height, width";
  for (const auto side : s.patch_size) {
    if (side < 1 || side % unet.multiple() != 0) {
      return "patch_size must be multiples of " + std::to_string(unet.multiple()) + " with this many widths";
    }
  }
  return "";
}

}  // namespace

void ModelSettings::declare(Options& options) {
  options.add("widths", widths, "Channels of the U-Net's levels.").range(1).alias("feature_channels");
  options.add("dropout", dropout, "Dropout rate of each encoder level.").range(0, 0.99);
  options.add("patch_size", patch_size, "Height and width that slices are zoomed to.").range(1).unit("pixels");
  options.add("normalise", normalise, "Scale cases with values above 1 to [0, 1] by their extremes before prediction.");
  options.add("predict_batch", predict_batch, "Slices in one forward pass of prediction.").range(1).no_effect();
  options.preset("smoke", "small and quick, for tests", {{"widths", "[4, 4]"}, {"dropout", "[0, 0]"}, {"patch_size", "[32, 32]"}});
  options.rule([this] { return problem(*this); });
}

Model::Model(Settings settings, const DataInfo& info) : settings_(std::move(settings)) {
  if (const auto wrong = problem(settings_); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, "model unet");
  unet_ = std::make_shared<UNet2d>(UNetSettings{
      .in_channels = info.channels, .classes = info.classes(), .widths = settings_.widths, .dropout = settings_.dropout});
}

std::vector<Network> Model::networks() { return {{.name = "unet", .module = unet_}}; }

std::vector<Original> Model::originals() const { return {{.network = "unet", .containers = {"state_dict", "model"}}}; }

Prediction Model::predict(const Batch& batch, Context&) {
  const SliceSettings slices{.height = settings_.patch_size[0],
                             .width = settings_.patch_size[1],
                             .batch = settings_.predict_batch,
                             .unit_range = settings_.normalise};
  Prediction prediction;
  prediction.fields["label"] =
      segment_cases(batch["image"], slices, [this](const at::Tensor& image) { return unet_->forward(image); });
  return prediction;
}

}  // namespace plexus::supervised
