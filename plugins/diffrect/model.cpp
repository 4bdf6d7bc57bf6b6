#include "model.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>

namespace plexus::diffrect {
namespace {

// What is wrong with the settings by themselves, "" if nothing.
std::string problem(const ModelSettings& s) {
  if (s.patch_size.size() != 2) return "patch_size is two numbers: height, width";
  UNetSettings unet{.widths = s.feature_channels, .dropout = s.dropout};
  if (auto wrong = unet.problem(); !wrong.empty()) return wrong;
  const RectifierSettings rectifier{.widths = s.feature_channels};
  for (const auto side : s.patch_size) {
    if (side < 1 || side % rectifier.multiple() != 0) {
      return "patch_size must be multiples of " + std::to_string(rectifier.multiple()) + " with this many feature_channels";
    }
  }
  if (s.feature_channels.back() % 2 != 0) return "the last of feature_channels must be even";
  if (s.ts_sample > s.ts) return "ts_sample must not exceed ts";
  if (s.ldm_beta_sch == "linear" && s.ts < 20) return "the linear schedule needs ts of at least 20";
  return "";
}

}  // namespace

void ModelSettings::declare(Options& options) {
  options.add("feature_channels", feature_channels, "Channels of the U-Net's levels, and of the rectifier's.")
      .range(1)
      .alias("widths");
  options.add("dropout", dropout, "Dropout rate of each encoder level.").range(0, 0.99);
  options.add("patch_size", patch_size, "Height and width that slices are zoomed to.").range(1).unit("pixels");
  options.add("num_classes", num_classes, "Classes with background; 0: as the data set says, whose number it must be.")
      .range(0, 8);
  options
      .add("ldm_method", ldm_method, "What becomes of the latent: the denoised one replaces it, is added, or both are merged.")
      .one_of({"replace", "add", "adaptor"});
  options.add("ldm_beta_sch", ldm_beta_sch, "Noise schedule of the latent diffusion.").one_of({"cosine", "linear"});
  options.add("ts", ts, "Steps of the latent diffusion.").range(1);
  options.add("ts_sample", ts_sample, "Sampling steps of the latent diffusion, spread evenly over ts.").range(1);
  options.add("clamp", clamp, "Hold the sampled latent in [-1, 1], as published (training does not).");
  options.add("normalise", normalise, "Scale cases with values above 1 to [0, 1] by their extremes before prediction.");
  options.add("fill_border", fill_border,
              "Repair the last row and column that the zoom back to sizes such as 216 leaves background; false: as published.");
  options.add("predict_batch", predict_batch, "Slices in one forward pass of prediction.").range(1).no_effect();
  options.preset("reference", "what the published code does, its zero border included", {{"fill_border", "false"}});
  options.preset("smoke", "small and quick, for tests", {{"patch_size", "[64, 64]"}, {"feature_channels", "[4, 4, 4, 4, 4]"}});
  options.preset("acdc", "4 classes, 256 x 256", {{"num_classes", "4"}, {"patch_size", "[256, 256]"}});
  options.preset("mscmrseg19", "4 classes, 256 x 256", {{"num_classes", "4"}, {"patch_size", "[256, 256]"}});
  options.preset("task05", "3 classes, 256 x 256", {{"num_classes", "3"}, {"patch_size", "[256, 256]"}});
  options.rule([this] { return problem(*this); });
}

Model::Model(Settings settings, const DataInfo& info) : settings_(std::move(settings)) {
  if (const auto wrong = problem(settings_); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, "model diffrect");
  // Without a data set (the authors' weights on a scan of one's own) the option alone tells.
  const auto classes = info.labels.empty() ? settings_.num_classes : info.classes();
  if (settings_.num_classes != 0 && settings_.num_classes != classes) {
    throw Error(ErrorKind::configuration,
                "num_classes is " + std::to_string(settings_.num_classes) + ", the data set has " + std::to_string(classes),
                "model diffrect", "leave num_classes out, or choose the preset of the data set");
  }
  if (classes < 2 || classes > 8) {
    throw Error(ErrorKind::configuration,
                "DiffRect paints labels of 2 to 8 classes; there are " + std::to_string(classes), "model diffrect",
                "without a data set, say num_classes or a preset");
  }
  unet_ = std::make_shared<UNet2d>(UNetSettings{
      .in_channels = info.channels, .classes = classes, .widths = settings_.feature_channels, .dropout = settings_.dropout});
  rectifier_ = std::make_shared<Rectifier>(RectifierSettings{.image_channels = info.channels,
                                                             .classes = classes,
                                                             .widths = settings_.feature_channels,
                                                             .dropout = settings_.dropout,
                                                             .method = settings_.ldm_method,
                                                             .schedule = settings_.ldm_beta_sch,
                                                             .steps = settings_.ts,
                                                             .sample_steps = settings_.ts_sample,
                                                             .clamp = settings_.clamp});
}

std::vector<Network> Model::networks() {
  return {{.name = "unet", .module = unet_}, {.name = "rectifier", .module = rectifier_, .needed_to_predict = false}};
}

std::vector<Original> Model::originals() const { return {{.network = "unet", .containers = {"state_dict"}}}; }

Prediction Model::predict(const Batch& batch, Context&) {
  const SliceSettings slices{.height = settings_.patch_size[0],
                             .width = settings_.patch_size[1],
                             .batch = settings_.predict_batch,
                             .unit_range = settings_.normalise,
                             .border = settings_.fill_border ? ZoomBorder::repeat : ZoomBorder::zero};
  Prediction prediction;
  prediction.fields["label"] =
      segment_cases(batch["image"], slices, [this](const at::Tensor& image) { return unet_->forward(image); });
  return prediction;
}

}  // namespace plexus::diffrect
