#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/eval/slices.hpp>
#include <plexus/nn/unet.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus::supervised {

struct ModelSettings {
  std::vector<std::int64_t> widths{16, 32, 64, 128, 256};
  std::vector<double> dropout{0.05, 0.1, 0.2, 0.3, 0.5};
  std::vector<std::int64_t> patch_size{256, 256};
  bool normalise = true;
  std::int64_t predict_batch = 16;
  void declare(Options& options);
};

// The framework's plain 2D U-Net as a model of its own, network "unet".
class Model final : public plexus::Model, public Segmenter {
 public:
  using Settings = ModelSettings;
  // Throws Error(configuration) where the settings do not work.
  Model(Settings settings, const DataInfo& info);

  std::vector<Network> networks() override;
  // "label" of each case by 2D slices (eval/slices.hpp); images [B, C, (D,) H, W].
  Prediction predict(const Batch& batch, Context& context) override;
  // Files of the SSL4MIS family: a state dict, alone or in "state_dict" or "model".
  std::vector<Original> originals() const override;
  at::Tensor logits(const at::Tensor& image) override { return unet_->forward(image); }
  const Settings& settings() const noexcept { return settings_; }

 private:
  Settings settings_;
  std::shared_ptr<UNet2d> unet_;
};

}  // namespace plexus::supervised
