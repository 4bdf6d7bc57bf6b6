#include "nifti_folder.hpp"

#include <plexus/base/error.hpp>

#include "dataset_json.hpp"

namespace plexus::datasets {
namespace {

FolderCases nifti_folder_cases(const std::filesystem::path& root) {
  const auto images = cases_in(root / "images"), labels = cases_in(root / "labels");
  if (images.empty())
    throw Error(ErrorKind::data, "holds no volumes", (root / "images").string(), "put the scans there, or set root");
  FolderCases found;
  for (const auto& [id, image] : images) {
    const auto label = labels.find(id);
    found.cases.push_back({id, {image}, label == labels.end() ? std::filesystem::path() : label->second});
  }
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
