#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/eval/window.hpp>
#include <plexus/sdk/model.hpp>

#include "diffvnet.hpp"

namespace plexus::genericssl {

struct ModelSettings {
  std::int64_t n_filters = 32, num_classes = 0;
  std::string normalization = "batchnorm";
  bool has_dropout = true;
  double dropout_rate = 0.5, conv_dropout = 0.1;
  std::int64_t timesteps = 1000, sample_steps = 10;
  std::vector<std::int64_t> sample_times = {};
  std::vector<std::int64_t> patch_size{112, 112, 80};
  // Of windows: one stride an axis, or none and those of `speed`.
  std::vector<std::int64_t> stride = {};
  std::int64_t speed = 0;
  std::int64_t predict_batch = 2;
  std::string predict_precision = "fp32";
  std::vector<double> clip = {}, clip_percentiles = {};
  bool normalise = true;
  void declare(Options& options);

  std::int64_t dimensions() const { return static_cast<std::int64_t>(patch_size.size()); }
  WindowSettings windows() const;
};

// DiffVNet as network "diffvnet", all in one state dict as the authors keep it.
class Model final : public plexus::Model, public Segmenter {
 public:
  using Settings = ModelSettings;
  // Throws Error(configuration) where settings and data do not go together.
  Model(Settings settings, const DataInfo& info);

  std::vector<Network> networks() override;
  // "label" of each case by theta in sliding windows (eval/window.hpp). Images [B, C, (D,) H, W]; a 2D network takes volumes
  // plane by plane.
  Prediction predict(const Batch& batch, Context& context) override;
  // best_model.pth: "state_dict" holds the network.
  std::vector<Original> originals() const override;
  // theta's.
  at::Tensor logits(const at::Tensor& image) override { return network_->theta(image); }

  DiffVNet& network() { return *network_; }
  const Settings& settings() const { return settings_; }
  std::int64_t classes() const { return network_->settings().classes; }

 private:
  Settings settings_;
  std::shared_ptr<DiffVNet> network_;
};

}  // namespace plexus::genericssl
