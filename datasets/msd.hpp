#pragma once
#include "folder_set.hpp"

namespace plexus::datasets {

// The Medical Segmentation Decathlon's folders, TaskNN_Name: dataset.json with labels (id -> name), training: [{"image":
// "./imagesTr/case.nii.gz", "label": "./labelsTr/case.nii.gz"}, …] and test: ["./imagesTs/case.nii.gz", …]; channels are the
// fourth axis of the files. Listed files that are not there are an error.
class Msd final : public FolderSet {
 public:
  struct Settings : FolderSettings {
    void declare(Options& options);
  };
  explicit Msd(const Settings& settings);
};

}  // namespace plexus::datasets
