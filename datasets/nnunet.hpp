#pragma once
#include "folder_set.hpp"

namespace plexus::datasets {

// nnU-Net's raw data, version 2 (and 1):
//   ROOT/imagesTr/<case>_<channel, four digits>.nii.gz, ROOT/labelsTr/<case>.nii.gz, ROOT/imagesTs (test, with labelsTs where
//   there is one), ROOT/dataset.json with channel_names, labels (name -> id) and file_ending
// and optionally splits_final.json, [{"train": […], "val": […]}, …], in ROOT. Regions (a label that is a list of ids) have no
// class of their own: the ids that they are made of have. Voxels of the label "ignore" are read as background.
class NnUnet final : public FolderSet {
 public:
  struct Settings : FolderSettings {
    std::int64_t fold = 0;
    void declare(Options& options);
  };
  explicit NnUnet(const Settings& settings);
};

}  // namespace plexus::datasets
