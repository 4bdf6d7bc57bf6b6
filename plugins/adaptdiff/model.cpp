#include "model.hpp"

#include <torch/torch.h>
#include <plexus/base/error.hpp>

namespace plexus::adaptdiff {
namespace {

constexpr const char* kModel = "model adaptdiff";

std::string problem(const ModelSettings& s) {
  if (auto wrong = s.unet.problem(); !wrong.empty()) return wrong;
  if (auto wrong = ResUnetSettings{.widths = s.segmenter_widths}.problem(); !wrong.empty()) return "segmenter_widths: " + wrong;
  if (s.frames > s.schedule.steps) return "frames must not exceed steps";
  if (s.sampler.sampler == "ddim" && s.sampler.sampling_steps > s.schedule.steps) return "sampling_steps must not exceed steps";
  if (s.sampler.sampler != "ddpm" && (s.grid || s.frames > 0)) return "frames and grid are of the sampler ddpm";
  return "";
}

}  // namespace

void ModelSettings::declare(Options& options) {
  options.add("widths", unet.widths, "Channels of the denoiser's levels.").range(1).alias("down_channels");
  options.add("time_size", unet.time_size, "Size of the time's embedding.").range(4).alias("time_emb_dim");
  options.add("embed_channels", unet.embed_channels, "Channels that each SPADE sees the mask through.").range(1);
  schedule.declare(options);
  options
      .add("pseudo_labels", pseudo_labels,
           "Where masks of training patches come from: the frozen network `segmentation`, which the stage's `load` fills, or the "
           "data set's labels.")
      .one_of({"network", "data"});
  options.add("segmenter_widths", segmenter_widths, "Widths of that network.").range(1);
  options
      .add("norm", norm,
           "Statistics of normalisations while sampling: each image's own (what the published code amounts to), the batch's (the "
           "published code to the letter), or the stored ones; auto: per_image for weights from an authors' file, else running.")
      .one_of({"auto", "per_image", "batch", "running"});
  sampler.declare(options);
  options.add("mask_label", mask_label, "The label value that is vessel; 0: all but 0.").range(0);
  options
      .add("template_images", template_images,
           "An image, or a folder of them, whose grey levels samples are matched to; empty: none, as published.")
      .path();
  options.add("stretch", stretch, "Stretch each sample to [0, 1] by its own range; false, as published, keeps its contrast.");
  options.add("panel", panel, "Also a picture of mask, sample and, where there is one, the mask's own image.");
  options.add("frames", frames, "Pictures on the way of each sample, about this many; 0: none.").range(0);
  options.add("grid", grid,
              "Also the authors' grid of five steps above the images estimated from them: the estimate takes the stepped image "
              "with the time before the step, as published.");
  options.preset("reference", "what the published code does: batch statistics, x clamped after each step",
                 {{"norm", "batch"}, {"sampler", "ddpm"}});
  options.preset("smoke", "small and quick, for tests",
                 {{"widths", "[4, 8, 8, 8]"}, {"time_size", "8"}, {"embed_channels", "4"}, {"segmenter_widths", "[4, 4, 4, 4]"}, {"steps", "10"}});
  options.rule([this] { return problem(*this); });
}

Model::Model(Settings settings, const DataInfo&) : settings_(std::move(settings)), process_(settings_.schedule.process()) {
  if (const auto wrong = problem(settings_); !wrong.empty()) throw Error(ErrorKind::configuration, wrong, kModel);
  build();
  if (settings_.pseudo_labels == "network") build_segmenter({.widths = settings_.segmenter_widths});
}

void Model::build_segmenter(const ResUnetSettings& settings) {
  segmenter_ = std::make_shared<ResUnet>(settings);
  first_weights_ = segmenter_->parameters().front().detach().clone();
}

bool Model::segmenter_filled() const {
  return !at::equal(segmenter_->parameters().front().detach().cpu(), first_weights_);
}

void Model::build() { unet_ = std::make_shared<SpadeUnet>(settings_.unet); }

std::vector<Network> Model::networks() {
  std::vector<Network> all{{.name = "diffusion", .module = unet_}};
  if (segmenter_)
    all.push_back(
        {.name = "segmentation", .module = segmenter_, .role = Network::Role::frozen, .needed_to_predict = false});
  return all;
}

void Model::adapt(const std::string& network, const std::vector<std::pair<std::string, at::Tensor>>& state) {
  if (network == "diffusion") {
    authors_ = true;
    const auto fitting = settings_of(state, settings_.unet);
    if (fitting.image_channels != 1 || fitting.out_channels != 1 || fitting.condition_channels != 1)
      throw Error(ErrorKind::data, "the file's network is not of grey images and one mask", kModel);
    settings_.unet = fitting;
    if (settings_.unet.problem().empty()) build();
  } else if (segmenter_) {
    const auto fitting = settings_of(state, segmenter_->settings());
    settings_.segmenter_widths = fitting.widths;
    build_segmenter(fitting);
  }
}

std::vector<std::pair<std::string, std::string>> Model::adapted() const {
  if (!authors_) return {};
  std::vector<std::pair<std::string, std::string>> options{{"widths", list_text(settings_.unet.widths)},
                                                           {"time_size", std::to_string(settings_.unet.time_size)},
                                                           {"embed_channels", std::to_string(settings_.unet.embed_channels)}};
  if (settings_.norm == "auto") options.emplace_back("norm", "per_image");
  return options;
}

NormBy Model::norm() const {
  if (settings_.norm == "batch") return NormBy::batch;
  if (settings_.norm == "per_image" || (settings_.norm == "auto" && authors_)) return NormBy::image;
  return NormBy::mode;
}

Prediction Model::predict(const Batch&, Context&) {
  throw Error(ErrorKind::configuration, "adaptdiff makes images and segments none", kModel,
              "use a stage `generate`; `adaptdiff_segmenter` is what segments");
}

}  // namespace plexus::adaptdiff
