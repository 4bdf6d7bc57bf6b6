#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <plexus/sdk/registry.hpp>

namespace plexus {

// Writes a data set of synthetic cases with known truth. Case i depends on (seed, i) and the settings alone.
//
// format nifti (read by the data set `nifti_folder`):
//   images/<case>.nii.gz  int16 or float32; labels/<case>.nii.gz  uint8 on the same grid
//   dataset.json          {"name", "labels": {"background": 0, …}, "splits": {"labeled": […], "unlabeled": […], "val": […],
//                         "test": […]}, "values": {case: {"shift_mm": …, "slice": …}}, "landmarks": {case: {slice: [[x, y] ×
//                         4]}}}
// format h5 (the semi-supervised field's slice layout; intensities scaled to [0, 1] over each volume):
//   data/<case>.h5, data/slices/<case>_slice_<n>.h5 (n from 1), train.list, train_slices.list (labelled first), val.list,
//   test.list and the same dataset.json
class Phantom final : public Preprocessor {
 public:
  struct Settings {
    std::string kind = "cardiac", format = "nifti", modality = "a";
    std::int64_t cases = 28, labeled = 2, val = 4, test = 6, seed = 1;
    std::vector<std::int64_t> size;  // x, y, z in voxels; empty: the kind's own
    std::vector<double> spacing;     // x, y, z in mm; empty: such that the anatomy fills the grid
    double noise = 1, bias = 1, texture = 1, look_alikes = 1;
    double max_shift = 15;  // mm, head_ct
    void declare(Options& options);
  };
  explicit Phantom(Settings settings);
  std::vector<Job> jobs(const std::string& source, const std::string& target) const override;  // `source` is not used
  void run(const Job& job, const std::string& target, Rng& rng, Context& context) const override;
  void finish(const std::vector<Job>& done, const std::string& target) const override;

 private:
  Settings settings_;
};

void register_phantom(Registry& registry);

}  // namespace plexus
