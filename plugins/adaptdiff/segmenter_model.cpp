#include "segmenter_model.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>
#include <plexus/data/stretch.hpp>
#include <plexus/nn/batch_norm.hpp>

namespace plexus::adaptdiff {
namespace {

constexpr const char* kSegmenterModel = "model adaptdiff_segmenter";

std::vector<std::int64_t> usual_widths(const std::string& network) {
  return network == "res_unet" ? ResUnetSettings().widths : std::vector<std::int64_t>{16, 32, 64, 128};
}

std::string problem(const SegmenterSettings& s) {
  if (s.widths.empty()) return "";
  if (s.network == "res_unet_alt" && s.widths.size() < 2) return "widths needs two levels at least";
  return ResUnetSettings{.widths = s.widths}.problem();
}

}  // namespace

void SegmenterSettings::declare(Options& options) {
  options.add("network", network, "res_unet is the published one; res_unet_alt lies in the authors' files unused.")
      .one_of({"res_unet", "res_unet_alt"});
  options.add("widths", widths, "Channels of the levels; empty: 8, 32, 32, 64, 64, 16 (res_unet_alt: 16, 32, 64, 128).").range(1);
  options.add("stretch", stretch, "Stretch each plane to [0, 1] by its own range before prediction.");
  options
      .add("norm", norm,
           "Statistics of normalisations in prediction: the stored ones, or each image's own, as in the authors' neighbouring "
           "program, which never leaves training mode.")
      .one_of({"running", "per_image"});
  options.preset("reference", "what the authors' neighbouring program does", {{"norm", "per_image"}});
  options.preset("smoke", "small and quick, for tests", {{"widths", "[4, 4, 4, 4]"}});
  options.rule([this] { return problem(*this); });
}

SegmenterModel::SegmenterModel(Settings settings, const DataInfo& info)
    : settings_(std::move(settings)), channels_(info.channels), classes_(info.labels.empty() ? 2 : info.classes()) {
  if (const auto wrong = problem(settings_); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, kSegmenterModel);
  if (classes_ != 2) {
    throw Error(ErrorKind::configuration, "AdaptDiff tells vessels from background; the data set has " + std::to_string(classes_) +
                                              " classes",
                kSegmenterModel, "join the labels with the step label_map");
  }
  if (settings_.widths.empty()) settings_.widths = usual_widths(settings_.network);
  build();
}

void SegmenterModel::build() {
  if (settings_.network == "res_unet")
    unet_ = std::make_shared<ResUnet>(ResUnetSettings{.in_channels = channels_, .classes = classes_, .widths = settings_.widths});
  else
    alt_ = std::make_shared<ResUnetAlt>(channels_, classes_, settings_.widths);
}

void SegmenterModel::adapt(const std::string&, const std::vector<std::pair<std::string, at::Tensor>>& state) {
  if (!unet_) return;
  const auto fitting = settings_of(state, unet_->settings());
  if (fitting.widths == settings_.widths) return;
  settings_.widths = fitting.widths;
  build();
}

std::vector<std::pair<std::string, std::string>> SegmenterModel::adapted() const {
  return {{"widths", list_text(settings_.widths)}};
}

std::int64_t SegmenterModel::multiple() const {
  return unet_ ? unet_->settings().multiple() : std::int64_t{1} << (settings_.widths.size() - 1);
}

std::vector<Network> SegmenterModel::networks() {
  if (unet_) return {{.name = "segmentation", .module = unet_}};
  return {{.name = "segmentation", .module = alt_}};
}

at::Tensor SegmenterModel::logits(const at::Tensor& image) {
  if (image.size(2) % multiple() != 0 || image.size(3) % multiple() != 0) {
    throw Error(ErrorKind::data,
                "images of " + std::to_string(image.size(2)) + " x " + std::to_string(image.size(3)) +
                    " pixels; sides must be multiples of " + std::to_string(multiple()),
                kSegmenterModel, "cut patches (random_crop, or the data set's own), or give fewer widths");
  }
  return unet_ ? unet_->forward(image).logits : alt_->forward(image);
}

Prediction SegmenterModel::predict(const Batch& batch, Context&) {
  const NormScope scope(*networks().front().module, settings_.norm == "per_image" ? NormBy::image : NormBy::mode);
  const auto& images = batch["image"];
  const bool flat = images.dim() == 4;
  const auto cases = flat ? images.unsqueeze(2) : images;  // [B, C, D, H, W]
  const auto height = cases.size(3), width = cases.size(4);
  std::vector<at::Tensor> labels;
  for (const auto& one : cases.unbind(0)) {
    std::vector<at::Tensor> planes;
    for (const auto& plane : one.transpose(0, 1).unbind(0)) {
      const auto ready = settings_.stretch ? stretched(plane, 0, 1) : plane.to(at::kFloat);
      const auto padded = at::constant_pad_nd(
          ready.unsqueeze(0), {0, rounded_up(width, multiple()) - width, 0, rounded_up(height, multiple()) - height}, 0);
      planes.push_back(logits(padded).argmax(1).squeeze(0).slice(0, 0, height).slice(1, 0, width));
    }
    labels.push_back(flat ? planes.front() : at::stack(planes));
  }
  Prediction prediction;
  prediction.fields["label"] = at::stack(labels);
  return prediction;
}

}  // namespace plexus::adaptdiff
