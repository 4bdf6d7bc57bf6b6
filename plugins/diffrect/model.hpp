#pragma once
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/eval/slices.hpp>
#include <plexus/nn/unet.hpp>
#include <plexus/sdk/model.hpp>

#include "rectifier.hpp"

namespace plexus::diffrect {

struct ModelSettings {
  std::vector<std::int64_t> feature_channels{16, 32, 64, 128, 256};
  std::vector<double> dropout{0.05, 0.1, 0.2, 0.3, 0.5};
  std::vector<std::int64_t> patch_size{256, 256};
  std::int64_t num_classes = 0;
  std::string ldm_method = "replace", ldm_beta_sch = "cosine";
  std::int64_t ts = 10, ts_sample = 2;
  bool clamp = true, normalise = true, fill_border = true;
  std::int64_t predict_batch = 16;
  void declare(Options& options);
};

// Networks "unet" (segments) and "rectifier" (only trains it).
class Model final : public plexus::Model, public Segmenter {
 public:
  using Settings = ModelSettings;
  // Throws Error(configuration) where settings and data do not go together.
  Model(Settings settings, const DataInfo& info);

  std::vector<Network> networks() override;
  // "label" of each case by 2D slices (eval/slices.hpp); images [B, C, (D,) H, W].
  Prediction predict(const Batch& batch, Context& context) override;
  // <model>_best_model.pth: "state_dict" holds the U-Net; a bare state dict is taken as well.
  std::vector<Original> originals() const override;
  at::Tensor logits(const at::Tensor& image) override { return unet_->forward(image); }

  UNet2d& unet() { return *unet_; }
  Rectifier& rectifier() { return *rectifier_; }
  const Settings& settings() const { return settings_; }
  std::int64_t classes() const { return unet_->settings().classes; }

 private:
  Settings settings_;
  std::shared_ptr<UNet2d> unet_;
  std::shared_ptr<Rectifier> rectifier_;
};

}  // namespace plexus::diffrect
