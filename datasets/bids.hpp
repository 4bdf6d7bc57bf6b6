#pragma once
#include "folder_set.hpp"

namespace plexus::datasets {

// A BIDS folder: ROOT/sub-<x>/[ses-<y>/]<datatype>/<entities>_<suffix>.nii.gz, and labels as
// ROOT/derivatives/<any>/sub-<x>/…/<entities>_<label suffix>.nii.gz.
// A case is one image of the first suffix, called by its entities ("sub-01_ses-2_run-1"); further suffixes are further
// channels of equal entities. A label belongs to the image all of whose entities it has (acq-, run- and the like may be left
// out where only one image fits, and desc-, label- and space- may come on top). Names of its values come from a dseg.tsv
// (columns index, name) beside the subjects of its derivative, where there is one.
class Bids final : public FolderSet {
 public:
  struct Settings : FolderSettings {
    std::string datatype = "anat", label_suffix = "dseg", derivative, description;
    std::vector<std::string> suffixes{"T1w"};
    void declare(Options& options);
  };
  explicit Bids(const Settings& settings);
};

}  // namespace plexus::datasets
