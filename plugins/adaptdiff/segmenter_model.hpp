#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/adapts_to_file.hpp>
#include <plexus/sdk/model.hpp>

#include "segmenter.hpp"

namespace plexus::adaptdiff {

struct SegmenterSettings {
  std::string network = "res_unet";  // res_unet, res_unet_alt
  std::vector<std::int64_t> widths;  // empty: the network's usual ones
  bool stretch = true;
  std::string norm = "running";  // running, per_image
  void declare(Options& options);
};

// Vessel segmentation of stages 1 and 4: network "segmentation".
class SegmenterModel final : public plexus::Model, public Segmenter, public AdaptsToFile {
 public:
  using Settings = SegmenterSettings;
  // Throws Error(configuration) where the settings do not work.
  SegmenterModel(Settings settings, const DataInfo& info);

  std::vector<Network> networks() override;
  // "label" of images [B, C, (D,) H, W], plane by plane: padded with 0 at the right and lower border to what the network takes.
  Prediction predict(const Batch& batch, Context& context) override;
  // rUNet.pt and finetune_NAME.pt are bare state dicts.
  std::vector<Original> originals() const override { return {{.network = "segmentation"}}; }
  void adapt(const std::string& network, const std::vector<std::pair<std::string, at::Tensor>>& state) override;
  std::vector<std::pair<std::string, std::string>> adapted() const override;
  // Throws Error(data) where H or W is not a multiple of multiple().
  at::Tensor logits(const at::Tensor& image) override;
  std::int64_t multiple() const;

 private:
  void build();
  Settings settings_;
  std::int64_t channels_, classes_;
  std::shared_ptr<ResUnet> unet_;        // one of the two
  std::shared_ptr<ResUnetAlt> alt_;
};

}  // namespace plexus::adaptdiff
