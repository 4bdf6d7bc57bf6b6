#pragma once
#include <memory>
#include <vector>

#include <plexus/sdk/model.hpp>

#include "networks.hpp"
#include "slices.hpp"

namespace plexus::mls {

struct ImageModelSettings {
  NetworkSettings network;
  SliceSettings slices;
  std::vector<double> ema_rate{0.9999};
  std::int64_t timestep = 300, predict_batch = 4;
  void declare(Options& options);
};

// One diffusion model of slices, network "image": `con` where it is trained on cases without shift, `uncon` on all.
class ImageModel final : public Model {
 public:
  using Settings = ImageModelSettings;
  ImageModel(Settings settings, const DataInfo& info);
  std::vector<Network> networks() override;
  // How well it knows the scan: "image", what it takes each slice to be that was noised to `timestep`, on the scan's grid and
  // in its units; `denoising_error`, the mean squared error of the noise it sees.
  Prediction predict(const Batch& batch, Context& context) override;
  // model.pt and ema_RATE.pt hold the bare state dict.
  std::vector<Original> originals() const override { return {{.network = "image"}}; }

  GuidedUNet& network() { return *network_; }
  const diffusion::Process& process() const { return process_; }
  const Settings& settings() const { return settings_; }

 private:
  Settings settings_;
  diffusion::Process process_;
  std::shared_ptr<GuidedUNet> network_;
};

}  // namespace plexus::mls
