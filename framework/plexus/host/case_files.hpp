#pragma once
#include <optional>
#include <string>
#include <vector>

#include <plexus/data/layout.hpp>
#include <plexus/sdk/dataset.hpp>

namespace plexus {

// The files of one case. An image may be the folder of a DICOM series.
struct CaseFiles {
  std::string id;
  std::vector<std::string> images;  // one, or one for each channel
  std::string label;                // "" where there is none
  std::optional<Error> fault = {};  // why the case cannot be read, told by the layout
  // Images, then the label.
  std::vector<std::string> all() const;
};

struct FoundCases {
  std::string layout;
  std::vector<CaseFiles> cases;       // sorted by id; ids are unique and file names
  std::vector<Label> labels;          // declared by the data set, "ignore" among them; empty where it declares none
  std::vector<std::string> channels;  // likewise, their names
  std::vector<std::string> notes;     // what was left out or taken for granted
};

// What `layout` may be, besides "auto":
//   files   single volumes, folders of them (with all folders below), DICOM series, shell patterns, .txt lists of paths
//   pairs   FOLDER/images/CASE.* with FOLDER/labels/CASE.*
//   csv     a table with the columns image (several channels: paths with ';' between), label and case, of which the last two
//           may be left out; paths are relative to it
//   nnunet, msd, bids  see data/layout.hpp
const std::vector<std::string>& case_layouts();

// Finds the cases of all inputs. "auto" goes by what is there. Throws Error(data): nothing there, not of the layout, two cases
// of one name; Error(usage): no such layout.
FoundCases find_cases(const std::vector<std::string>& inputs, const std::string& layout = "auto",
                      const BidsOptions& bids = {});

}  // namespace plexus
