#pragma once
#include <plexus/sdk/registry.hpp>

#include "case_set.hpp"

namespace plexus::datasets {

// The 100 left-atrium MR volumes as the semi-supervised field keeps them:
//   ROOT/2018LA_Seg_Training Set/<id>/mri_norm2.h5   image float32 and label uint8, both [x, y, z], cropped and standardised
//   ROOT/train.list (80 ids), ROOT/test.list (20)
// Samples are [D = z, H = y, W = x], or with `axes: xyz` as the files have them, which GenericSSL trains on (a network's
// weights know the order). The files hold no spacing: distances are in voxels.
class LeftAtrium final : public CaseSet {
 public:
  struct Settings {
    std::string root, splits, view = "volumes", axes = "zyx", missing = "error", order = "list", validation = "labeled";
    std::int64_t labeled = 4, volume_cache = 1024;
    void declare(Options& options);
  };
  explicit LeftAtrium(const Settings& settings);

 protected:
  Sample read_case(std::size_t index) const override;

 private:
  bool turned_;  // from the files' x, y, z
};

}  // namespace plexus::datasets
