#include "nifti_folder.hpp"

#include <plexus/base/error.hpp>

#include "dataset_json.hpp"

namespace plexus::datasets {
namespace {

FolderCases nifti_folder_cases(const std::filesystem::path& root) {
  auto pairs = find_pairs(root);
  if (pairs.cases.empty())
    throw Error(ErrorKind::data, "holds no volumes", (root / "images").string(), "put the scans there, or set root");
  FolderCases found(std::move(pairs), root.string());
  const auto json = read_dataset_json(root);
  found.labels = json.labels;
  found.splits = json.splits;
  return found;
}

}  // namespace

void NiftiFolder::Settings::declare(Options& options) {
  FolderSettings::declare(options, "folder with images/ and labels/, and dataset.json where there is one");
}

NiftiFolder::NiftiFolder(const Settings& settings) : FolderSet(settings, nifti_folder_cases(settings.root)) {}

}  // namespace plexus::datasets
