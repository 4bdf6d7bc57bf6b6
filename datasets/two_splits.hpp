#pragma once
#include <filesystem>
#include <string>

#include <plexus/sdk/registry.hpp>

#include "slice_layout.hpp"

namespace plexus::datasets {

// The sets in the slice layout that are published as two partitions of the same patients, results being the mean of both.
// Lists of split k lie in SPLITS/split<k>, else in SPLITS; SPLITS is the option `splits`, else ROOT. Published roots, one a
// split with its lists beside data/, are so read as they are.
// Their test lists name nothing of use: val.list serves for both.
struct TwoSplitsSettings {
  std::string root, splits;
  std::int64_t split = 1, labeled = 1;
  void declare(Options& options);
  // Where the lists of the split are.
  std::filesystem::path lists() const;
};

// MS-CMRSEG19: late-enhancement MR of the heart, 35 patients for training and 10 for validation.
class MsCmrSeg19 final : public SliceLayout {
 public:
  struct Settings : TwoSplitsSettings {
    Settings() { labeled = 7; }
  };
  explicit MsCmrSeg19(const Settings& settings);
};

// Decathlon Task05: T2 MR of the prostate, 22 patients for training and 10 for validation.
class Prostate final : public SliceLayout {
 public:
  struct Settings : TwoSplitsSettings {
    Settings() { labeled = 2; }
  };
  explicit Prostate(const Settings& settings);
};

}  // namespace plexus::datasets
