#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <plexus/base/error.hpp>

namespace plexus {

// The files of one case in a folder of volumes. An image may be the folder of a DICOM series.
struct LayoutCase {
  std::string id;
  std::vector<std::filesystem::path> images;  // one, or one for each channel, in order; need not exist
  std::filesystem::path label = {};           // empty: none
  bool test = false;                          // the layout keeps it for testing
  std::optional<Error> fault = {};            // why it cannot be used, though others can
};

// What a folder says of its cases, by a layout's rules.
struct Layout {
  std::vector<LayoutCase> cases;               // those for training first; each part in the layout's order
  std::map<std::int64_t, std::string> labels;  // names by value, "class 3" for parts of a region; empty: none declared
  std::optional<std::int64_t> ignore;          // the value of voxels that nobody looked at
  std::vector<std::string> channels;           // their names; empty: none declared
  std::vector<std::string> notes;              // what was left out or taken for granted
};

// FOLDER/images/CASE.* with FOLDER/labels/CASE.*.
Layout find_pairs(const std::filesystem::path& folder);
// nnU-Net: imagesTr/CASE_0000.*, CASE_0001.*, …, labelsTr/CASE.*, imagesTs, labelsTs, and dataset.json where there is one.
Layout find_nnunet(const std::filesystem::path& folder);
// The Decathlon: the lists `training` and `test` of dataset.json, as they stand.
Layout find_msd(const std::filesystem::path& folder);

struct BidsOptions {
  std::string datatype = {};  // folder of the images within a subject, "anat"; "": any
  // Of the images, "T1w": the first names the cases, the others are further channels. Empty: every image is a case.
  std::vector<std::string> suffixes = {};
  std::vector<std::string> label_suffixes = {"dseg", "mask"};  // the first of which an image has a label counts
  std::string derivative = {};   // folder in derivatives/ that labels are taken from; "": any, and beside the images
  std::string description = {};  // labels of this desc- only; "": any
};
// BIDS: FOLDER/sub-*/[ses-*/]DATATYPE/*_SUFFIX.*. A label has all entities of its image, or lacks some but subject and session
// where no other image could be meant; several that fit are a fault of the case. Names are those of derivatives/*/dseg.tsv.
Layout find_bids(const std::filesystem::path& folder, const BidsOptions& options = {});

// All throw Error(data): dataset.json or a table is damaged or says what it cannot, files whose names are not the layout's.

}  // namespace plexus
