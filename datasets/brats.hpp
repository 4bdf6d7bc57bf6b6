#pragma once
#include <map>

#include <plexus/sdk/registry.hpp>

#include "case_set.hpp"

namespace plexus::datasets {

// A slice as MedSegDiff's loaders give it: modalities and truth [H, W], 8 pixels cut from each side for 2D files, resized to
// size x size bilinearly with antialiasing. Truth is 1 where it was above 0 before the resize, so that it is a fraction at
// borders.
struct BratsItem {
  at::Tensor image, label;  // float32 [C, size, size], [1, size, size]; label undefined without a truth
};
BratsItem brats_item(const at::Tensor& modalities, const at::Tensor& truth, std::int64_t size, bool cut_borders);

// BraTS: a folder for each patient with files …_t1, …_t1ce, …_t2, …_flair and …_seg (the last piece of a name before its
// first dot; BraTS 2020, 2021), channels in this order; or a folder for each slice with 2D files of five pieces
// (brats_train_001_t1_123_w.nii.gz), which lose 8 pixels at each border.
// Planes are [x, y] as published, rows along the first axis of the files (axes: published), or [y, x].
// Patients, sorted, are dealt: the last `test` to test, the `val` before them to val; without a truth they are test only.
class Brats final : public CaseSet {
 public:
  struct Settings {
    std::string root, view = "slices", intensity = "percentile01", axes = "published", classes = "whole";
    std::int64_t image_size = 256, val = 0, test = 0, volume_cache = 2048;
    double threshold = 0;
    void declare(Options& options);
  };
  explicit Brats(const Settings& settings);
  Sample get(std::size_t index, Rng& rng) const override;

 protected:
  Sample read_case(std::size_t index) const override;

 private:
  Settings settings_;
  std::map<std::size_t, bool> truth_;  // whether a case has one
  bool planar_files_ = false;
};

}  // namespace plexus::datasets
