#pragma once
#include <plexus/sdk/registry.hpp>

#include "case_set.hpp"

namespace plexus::datasets {

// One's own volumes:
//   ROOT/images/<case>.nii.gz (any volume suffix), ROOT/labels/<case>.nii.gz on the same grid, and optionally
//   ROOT/dataset.json (dataset_json.hpp) with label names and splits.
// Without splits the sorted cases that have labels are dealt: the last `test` to test, the `val` before them to val, of the
// rest the first `labeled` to labeled; the remaining ones, and cases without labels, to unlabeled.
class NiftiFolder final : public CaseSet {
 public:
  struct Settings {
    std::string root, view = "volumes";
    std::int64_t labeled = 0, val = 0, test = 0, volume_cache = 1024;
    std::vector<std::string> labels;
    void declare(Options& options);
  };
  explicit NiftiFolder(const Settings& settings);

 protected:
  Sample read_case(std::size_t index) const override;
};

}  // namespace plexus::datasets
