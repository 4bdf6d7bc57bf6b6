#pragma once
#include "folder_set.hpp"

namespace plexus::datasets {

// One's own volumes:
//   ROOT/images/<case>.nii.gz (any volume suffix), ROOT/labels/<case>.nii.gz on the same grid, and optionally
//   ROOT/dataset.json (dataset_json.hpp) with label names and splits; without splits cases are dealt (folder_set.hpp).
class NiftiFolder final : public FolderSet {
 public:
  struct Settings : FolderSettings {
    void declare(Options& options);
  };
  explicit NiftiFolder(const Settings& settings);
};

}  // namespace plexus::datasets
