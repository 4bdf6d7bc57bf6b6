#pragma once
#include <string>
#include <vector>

#include <plexus/sdk/dataset.hpp>

namespace plexus {

// The files of one case. An image may be the folder of a DICOM series.
struct CaseFiles {
  std::string id;
  std::vector<std::string> images;  // one, or one for each channel
  std::string label;                // "" where there is none
  // Images, then the label.
  std::vector<std::string> all() const;
};

struct FoundCases {
  std::string layout;
  std::vector<CaseFiles> cases;       // sorted by id; ids are unique and file names
  std::vector<Label> labels;          // declared by the data set; empty where it declares none
  std::vector<std::string> channels;  // likewise, their names
  std::vector<std::string> notes;     // what was left out or taken for granted
};

// What `layout` may be, besides "auto":
//   files   single volumes, folders of them (with all folders below), DICOM series, shell patterns, .txt lists of paths
//   pairs   FOLDER/images/CASE.* with FOLDER/labels/CASE.*
//   csv     a table with the columns image (several channels: paths with ';' between), label and case, of which the last two
//           may be left out; paths are relative to it
//   nnunet  FOLDER/imagesTr/CASE_0000.* …, labelsTr, imagesTs, dataset.json
//   msd     FOLDER/dataset.json with the lists training and test
//   bids    FOLDER/sub-*/[ses-*/]*/*.nii.gz, labels *_dseg or *_mask beside them or below derivatives/
const std::vector<std::string>& case_layouts();

// Finds the cases of all inputs. "auto" goes by what is there. `suffix`: of BIDS files, "T1w"; "" for all that are images.
// Throws Error(data): nothing there, not of the layout, two cases of one name; Error(usage): no such layout.
FoundCases find_cases(const std::vector<std::string>& inputs, const std::string& layout = "auto",
                      const std::string& suffix = "");

}  // namespace plexus
