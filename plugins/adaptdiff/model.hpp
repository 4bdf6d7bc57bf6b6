#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/diffusion/process.hpp>
#include <plexus/nn/batch_norm.hpp>
#include <plexus/sdk/adapts_to_file.hpp>
#include <plexus/sdk/model.hpp>

#include "sampling.hpp"
#include "segmenter.hpp"

namespace plexus::adaptdiff {

struct ModelSettings {
  SpadeUnetSettings unet;
  ScheduleSettings schedule;
  SamplerSettings sampler;
  std::string pseudo_labels = "network";  // network, data
  std::vector<std::int64_t> segmenter_widths = ResUnetSettings().widths;
  std::string norm = "auto";  // auto, per_image, batch, running
  std::int64_t mask_label = 0;
  std::string template_images;
  bool stretch = false, panel = false, grid = false;
  std::int64_t frames = 0;
  void declare(Options& options);
};

// The conditional diffusion of stages 2 and 3. Networks: "diffusion", and "segmentation", frozen, which labels target patches
// while the first is trained (pseudo_labels: network).
class Model final : public plexus::Model, public Generating, public AdaptsToFile {
 public:
  using Settings = ModelSettings;
  // Throws Error(configuration) where settings and data do not go together.
  Model(Settings settings, const DataInfo& info);

  std::vector<Network> networks() override;
  // It makes images and segments none: throws Error(configuration).
  Prediction predict(const Batch& batch, Context& context) override;
  // diffusion(NAME).pt, a bare state dict.
  std::vector<Original> originals() const override { return {{.network = "diffusion"}}; }
  void adapt(const std::string& network, const std::vector<std::pair<std::string, at::Tensor>>& state) override;
  std::vector<std::pair<std::string, std::string>> adapted() const override;
  // "image" [1, H, W] in [0, 1] and "label" of each row's mask, on the mask's own grid; "picture", the published PNG; with
  // panel, frames and grid more pictures; numbers: "inside" and "outside" (mean grey level of the picture in and out of the
  // mask), "deviation" (of the image before any stretching) and "auc" (of grey levels against the mask).
  void generate(const Batch& batch, Sink& sink, Context& context) override;

  SpadeUnet& unet() { return *unet_; }
  ResUnet* segmenter() { return segmenter_.get(); }
  // Whether it has other weights than those it was made with.
  bool segmenter_filled() const;
  const diffusion::Process& process() const { return process_; }
  const Settings& settings() const { return settings_; }
  // What normalisations go by while sampling: `auto` is each image's own statistics for an authors' file, whose stored ones
  // belong to the preview sampled last, and the stored ones else.
  NormBy norm() const;

 private:
  void build();
  void build_segmenter(const ResUnetSettings& settings);
  Settings settings_;
  diffusion::Process process_;
  std::shared_ptr<SpadeUnet> unet_;
  std::shared_ptr<ResUnet> segmenter_;
  at::Tensor first_weights_;  // a copy of some of the segmenter's, as it was made
  bool authors_ = false;  // weights come from a file of the authors
};

}  // namespace plexus::adaptdiff
