#pragma once
#include <plexus/sdk/registry.hpp>

#include "mls_records.hpp"
#include "volume_cache.hpp"

namespace plexus::datasets {

// Head CT for the midline shift: DiffusionMLS's metadata file (.pkl, or .json of the step mls_ct_npy) and volumes [D, H, W] in
// Hounsfield units as .npy.
// Subsets of the training metadata: "all", "normal" (cases without shift), "labeled" and "unlabeled" (slices with and without
// landmarks, or cases that have some or none). draw: slices gives each of the slices 8 … D - 6; draw: cases one of them at
// random for each case and time, as the diffusion networks are trained. "val": the labelled slices of the validation
// metadata; "test": whole volumes of the test metadata (or of the validation's).
// Fields: image float32 [1, H, W] in Hounsfield units; shift float64 [1] in pixels and shift_mm (NaN where the size of a pixel
// is not known), both of the case; spacing float64 [2], x and y, 0 where it is not known. Of slices that are not drawn:
// landmarks float64 [4, 2] (all 1 where there are none) and known int64 [1], whether the slice has landmarks. Test: image
// [1, D, H, W], on the grid of the scan where the metadata tell it (Sample::source).
class MlsCt final : public Dataset {
 public:
  struct Settings {
    std::string root, val, test, data, draw = "slices";
    std::int64_t first_slice = 8, skip_last = 6, repeat = 1, volume_cache = 512, semi_seed = 1;
    double semi_prop = 1;
    void declare(Options& options);
  };
  explicit MlsCt(const Settings& settings);
  DataInfo info() const override;
  std::vector<std::string> subsets() const override;
  std::vector<std::size_t> subset(const std::string& name) const override;
  Sample get(std::size_t index, Rng& rng) const override;
  Sample describe(std::size_t index) const override;
  bool deterministic() const override { return settings_.draw == "slices"; }
  std::vector<std::string> files() const override;

 private:
  struct Item {
    std::size_t of;
    std::int64_t slice;  // -1: the whole volume; -2: one drawn at random
    std::string part;    // train, val, test
  };
  // Adds a metadata file's cases; the index of the first.
  std::size_t add(const std::string& metadata);
  Settings settings_;
  MlsSlices slices_;
  std::vector<MlsRecord> records_;
  std::vector<std::string> paths_;
  std::vector<std::int64_t> depths_;
  std::vector<Item> items_;
  mutable VolumeCache cache_;
};

}  // namespace plexus::datasets
