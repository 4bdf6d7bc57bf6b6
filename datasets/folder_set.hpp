#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <plexus/data/layout.hpp>
#include <plexus/sdk/registry.hpp>

#include "case_set.hpp"

namespace plexus::datasets {

// What was found in a folder of one's own volumes, whatever its layout.
struct FolderCases {
  FolderCases() = default;
  // Throws Error(data) where a case has a fault, an id is there twice, or there are no cases.
  FolderCases(Layout layout, const std::string& root);

  std::vector<LayoutCase> cases;                           // of each, every image gives its channels; all on one grid
  std::map<std::string, std::vector<std::string>> splits;  // ids by subset; empty: the cases are dealt
  std::vector<std::string> labels;                         // names of 1, 2, …; empty: unknown
  std::int64_t ignore = -1;                                // label value that means "not looked at"; -1: none
  std::vector<std::string> notes;
};

struct FolderSettings {
  std::string root, view = "volumes";
  std::int64_t labeled = 0, val = 0, test = 0, volume_cache = 1024;
  std::vector<std::string> labels;
  // `layout` describes root.
  void declare(Options& options, const std::string& layout);
};

// Volumes of one's own, whole or as planes. Without splits the sorted cases that have labels are dealt: the last `test` to
// test, the `val` before them to val, of the rest the first `labeled` to labeled; the remaining ones, and cases without
// labels, to unlabeled. Cases that the layout keeps for testing are always in test.
class FolderSet : public CaseSet {
 protected:
  FolderSet(const FolderSettings& settings, const FolderCases& found);
  Sample read_case(std::size_t index) const override;

 private:
  std::map<std::size_t, std::size_t> images_;  // how many of a case's files are images
  std::int64_t ignore_;
};

}  // namespace plexus::datasets
