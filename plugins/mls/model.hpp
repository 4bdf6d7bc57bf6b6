#pragma once
#include <memory>
#include <string>
#include <vector>

#include <plexus/sdk/model.hpp>

#include "deform_unet.hpp"
#include "guidance.hpp"
#include "networks.hpp"
#include "shift.hpp"
#include "slices.hpp"

namespace plexus::mls {

struct ModelSettings {
  NetworkSettings network;
  GuidanceSettings guidance;
  SliceSettings slices;
  std::string model_con_path, model_uncon_path;
  std::int64_t integration_steps = 7, timestep = 300, draws = 1, first_slice = 8, skip_last = 6, predict_batch = 4, copies = 1;
  double outside = -1024, percentile = 100;
  std::string region = "head", counterpart = "all";
  bool noised = true;
  void declare(Options& options);
};

// Networks "deformation" (trained), "con" and "uncon" (frozen: from `load` of the stage, or from the files that the options
// name). Predicts, from a scan [1, 1, D, H, W] or a slice [1, 1, H, W] in Hounsfield units:
//   values  shift_mm, shift_sd_mm (of the draws), shift (pixels of the model's grid), and where it was found: slice, row and
//           column in the scan's voxels, from 0; folded, the share of the head whose field folds; shift_mm/slice_K of each
//   fields  "field" [3, D, H, W], mm towards left, posterior, superior, from a point to where it would lie without shift; 0 in
//           slices that were not looked at; "counterpart" [1, D, H, W], the slices without shift in the scan's units
//   picture "midline": the deciding slice with the ideal and the shifted midline
class ShiftModel final : public Model, public Generating {
 public:
  using Settings = ModelSettings;
  ShiftModel(Settings settings, const DataInfo& info);
  // With a network for slices of other sides than `size`.
  ShiftModel(Settings settings, const DataInfo& info, std::shared_ptr<DeformUNet> deformation);
  std::vector<Network> networks() override;
  Prediction predict(const Batch& batch, Context& context) override;
  // deformation_model.pt holds the bare state dict.
  std::vector<Original> originals() const override { return {{.network = "deformation"}}; }
  // Of training slices: each sample itself, with "counterpart" and "difference" float32 [copies, H, W] made from as many
  // draws of noise and, where `noised`, of diffusion times.
  void generate(const Batch& batch, Sink& sink, Context& context) override;

  DeformUNet& deformation() { return *deformation_; }
  const Guidance& guidance() const { return guidance_; }
  const Settings& settings() const { return settings_; }
  // The velocity's integral for slices [B, 1, H, W] in [-1, 1] and difference maps of them: [B, 2, H, W], pixels.
  at::Tensor field(const at::Tensor& slice, const at::Tensor& difference);
  // The same as predicted: with the map at `timestep`. noise: like slice.
  at::Tensor predicted_field(const at::Tensor& slice, const at::Tensor& noise);
  Shifts shifts(const at::Tensor& field, const at::Tensor& head, const PixelSize& size) const;

 private:
  struct Reading;  // what is known of a scan's slices
  Reading read(const at::Tensor& slices, const std::vector<std::string>& ids, const PixelSize& size, Context& context);
  at::Tensor counterparts(const at::Tensor& slices, const std::vector<std::string>& ids, Context& context) const;

  Settings settings_;
  Guidance guidance_;
  std::shared_ptr<DeformUNet> deformation_;
};

}  // namespace plexus::mls
