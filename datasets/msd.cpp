#include "msd.hpp"

#include <algorithm>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

FolderCases msd_cases(const std::string& root) {
  FolderCases found(find_msd(root), root);
  std::vector<std::string> files;
  for (const auto& one : found.cases) {
    files.push_back(one.images.front().string());
    if (!one.label.empty()) files.push_back(one.label.string());
  }
  require_files(files, "dataset.json lists it; check the option root");
  std::sort(found.cases.begin(), found.cases.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return found;
}

}  // namespace

void Msd::Settings::declare(Options& options) { FolderSettings::declare(options, "folder TaskNN_Name with dataset.json"); }

Msd::Msd(const Settings& settings) : FolderSet(settings, msd_cases(settings.root)) {}

}  // namespace plexus::datasets
