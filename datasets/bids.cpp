#include "bids.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>

#include "lists.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;

struct Named {
  std::string entities, suffix;  // "sub-01_run-1", "T1w"
  fs::path path;
  std::set<std::string> parts() const {
    const auto all = split(entities, '_');
    return {all.begin(), all.end()};
  }
};

// Volumes below subject folders of `root`, by name.
std::map<std::string, Named> bids_files(const fs::path& root, const std::string& datatype, const std::string& suffix) {
  std::map<std::string, Named> found;
  if (!fs::is_directory(root)) return found;
  for (const auto& subject : fs::directory_iterator(root)) {
    if (!subject.is_directory() || !subject.path().filename().string().starts_with("sub-")) continue;
    for (const auto& entry : fs::recursive_directory_iterator(subject.path())) {
      if (!entry.is_regular_file() || !is_volume_file(entry.path())) continue;
      if (!datatype.empty() && entry.path().parent_path().filename() != datatype) continue;
      const auto stem = volume_stem(entry.path());
      const auto at = stem.rfind('_');
      if (at == std::string::npos || stem.substr(at + 1) != suffix || !stem.starts_with("sub-")) continue;
      found[stem] = {stem.substr(0, at), suffix, entry.path()};
    }
  }
  return found;
}

// Names of 1, 2, … from a table with the columns index and name.
std::vector<std::string> names_in(const fs::path& file) {
  std::map<std::int64_t, std::string> by_id;
  if (!fs::exists(file)) return {};
  std::ptrdiff_t index_at = -1, name_at = -1;
  bool heading = true;
  for (const auto& line : split(read_file(file), '\n')) {
    std::vector<std::string> cells;
    for (const auto& cell : split(line, '\t')) cells.emplace_back(trim(cell));
    if (heading) {
      index_at = std::find(cells.begin(), cells.end(), "index") - cells.begin();
      name_at = std::find(cells.begin(), cells.end(), "name") - cells.begin();
      const auto count = static_cast<std::ptrdiff_t>(cells.size());
      if (index_at == count || name_at == count) throw Error(ErrorKind::data, "has no columns index and name", file.string());
      heading = false;
      continue;
    }
    if (static_cast<std::ptrdiff_t>(cells.size()) <= std::max(index_at, name_at)) continue;
    const auto id = parse_integer(cells[static_cast<std::size_t>(index_at)]);
    if (!id || *id < 0 || *id > 65535)
      throw Error(ErrorKind::data, fmt::format("'{}' is no label's index", cells[static_cast<std::size_t>(index_at)]),
                  file.string());
    by_id[*id] = cells[static_cast<std::size_t>(name_at)];
  }
  return names_of_ids(by_id);
}

// Whether the label has the image's entities: all of them, or (loosely) its subject and session at least.
bool fits(const Named& label, const Named& image, bool loosely) {
  const auto has = label.parts(), wanted = image.parts();
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& entity) {
    return has.count(entity) > 0 || (loosely && !entity.starts_with("sub-") && !entity.starts_with("ses-"));
  });
}

FolderCases bids_cases(const Bids::Settings& settings) {
  const fs::path root = settings.root;
  FolderCases found;
  std::vector<std::map<std::string, Named>> further;
  const auto images = bids_files(root, settings.datatype, settings.suffixes.front());
  for (std::size_t i = 1; i < settings.suffixes.size(); ++i)
    further.push_back(bids_files(root, settings.datatype, settings.suffixes[i]));
  if (images.empty())
    throw Error(ErrorKind::data, fmt::format("holds no sub-*/…/{}/*_{}.nii.gz", settings.datatype, settings.suffixes.front()),
                root.string(), "check the options root, datatype and suffixes");

  std::vector<Named> labels;
  const auto derivatives = root / "derivatives";
  if (fs::is_directory(derivatives)) {
    for (const auto& folder : fs::directory_iterator(derivatives)) {
      if (!folder.is_directory() || (!settings.derivative.empty() && folder.path().filename() != settings.derivative)) continue;
      for (const auto& [stem, file] : bids_files(folder.path(), "", settings.label_suffix)) {
        if (!settings.description.empty() && file.parts().count("desc-" + settings.description) == 0) continue;
        labels.push_back(file);
      }
      if (found.labels.empty()) found.labels = names_in(folder.path() / (settings.label_suffix + ".tsv"));
    }
  }

  for (const auto& [stem, image] : images) {
    FolderCases::Case one{image.entities, {image.path}, {}};
    for (std::size_t i = 0; i < further.size(); ++i) {
      const auto other = further[i].find(image.entities + "_" + settings.suffixes[i + 1]);
      if (other == further[i].end())
        throw Error(ErrorKind::data, fmt::format("has no {} beside it", settings.suffixes[i + 1]), image.path.string());
      one.images.push_back(other->second.path);
    }
    std::vector<const Named*> fitting;
    for (const auto& label : labels)
      if (fits(label, image, false)) fitting.push_back(&label);
    for (const auto& label : labels) {
      if (!fitting.empty()) break;
      // Derivatives often leave out what tells two images of a session apart; that is no harm where there is one.
      const auto fits_other = [&](const auto& other) { return fits(label, other.second, true); };
      if (fits(label, image, true) && std::count_if(images.begin(), images.end(), fits_other) == 1) fitting.push_back(&label);
    }
    if (fitting.size() > 1)
      throw Error(ErrorKind::data,
                  fmt::format("{} and {} could both be its label", fitting[0]->path.string(), fitting[1]->path.string()),
                  image.path.string(), "choose with the options derivative, description or label_suffix");
    if (!fitting.empty()) one.label = fitting.front()->path;
    found.cases.push_back(std::move(one));
  }
  return found;
}

}  // namespace

void Bids::Settings::declare(Options& options) {
  FolderSettings::declare(options, "BIDS folder with sub-*/");
  options.add("datatype", datatype, "folder of the images within a subject");
  options.add("suffixes", suffixes, "of the images: the first names the cases, the others are further channels");
  options.add("label_suffix", label_suffix, "of the labels in derivatives/: dseg, mask, …");
  options.add("derivative", derivative, "folder in derivatives/ that the labels are taken from; empty: any");
  options.add("description", description, "labels of this desc- only; empty: any");
  options.rule([this]() -> std::string { return suffixes.empty() ? "suffixes: expected one or more, e.g. [T1w]" : ""; });
}

Bids::Bids(const Settings& settings) : FolderSet(settings, bids_cases(settings)) {}

}  // namespace plexus::datasets
