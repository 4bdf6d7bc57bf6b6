#include <plexus/data/layout.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume_format.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

struct BidsFile {
  std::string entities, suffix;  // "sub-01_run-1", "T1w"
  std::set<std::string> parts;   // the entities one by one
  fs::path path;
  std::string subject() const { return entities.substr(0, entities.find('_')); }
};
using BidsFiles = std::map<fs::path, BidsFile>;  // by path without the suffix of the format

BidsFiles files_below_subjects(const fs::path& root, const std::string& datatype) {
  BidsFiles found;
  if (!fs::is_directory(root)) return found;
  for (const auto& subject : fs::directory_iterator(root)) {
    if (!subject.is_directory() || !subject.path().filename().string().starts_with("sub-")) continue;
    for (const auto& entry : fs::recursive_directory_iterator(subject.path())) {
      if (!entry.is_regular_file() || !is_volume_file(entry.path())) continue;
      if (!datatype.empty() && entry.path().parent_path().filename() != datatype) continue;
      const auto stem = volume_stem(entry.path());
      const auto at = stem.rfind('_');
      if (at == std::string::npos || !stem.starts_with("sub-")) continue;
      const auto parts = split(stem.substr(0, at), '_');
      found[entry.path().parent_path() / stem] = {stem.substr(0, at), stem.substr(at + 1), {parts.begin(), parts.end()}, entry.path()};
    }
  }
  return found;
}

// Names by index from a table with the columns index and name.
std::map<std::int64_t, std::string> names_in_table(const fs::path& file) {
  std::map<std::int64_t, std::string> names;
  if (!fs::exists(file)) return names;
  std::size_t index_at = 0, name_at = 0;
  bool heading = true;
  for (const auto& line : split(read_file(file), '\n')) {
    std::vector<std::string> cells;
    for (const auto& cell : split(line, '\t')) cells.emplace_back(trim(cell));
    if (heading) {
      index_at = static_cast<std::size_t>(std::find(cells.begin(), cells.end(), "index") - cells.begin());
      name_at = static_cast<std::size_t>(std::find(cells.begin(), cells.end(), "name") - cells.begin());
      if (index_at == cells.size() || name_at == cells.size())
        throw Error(ErrorKind::data, "has no columns index and name", file.string());
      heading = false;
      continue;
    }
    if (cells.size() <= std::max(index_at, name_at)) continue;
    const auto id = parse_integer(cells[index_at]);
    if (!id || *id < 0 || *id > 65535)
      throw Error(ErrorKind::data, fmt::format("'{}' is no label's index", cells[index_at]), file.string());
    names[*id] = cells[name_at];
  }
  return names;
}

// Whether the label has the image's entities: all of them, or (loosely) its subject and session at least.
bool has_entities(const BidsFile& label, const BidsFile& image, bool loosely) {
  return std::all_of(image.parts.begin(), image.parts.end(), [&](const std::string& entity) {
    return label.parts.count(entity) > 0 || (loosely && !entity.starts_with("sub-") && !entity.starts_with("ses-"));
  });
}

class BidsLabels {
 public:
  BidsLabels(const fs::path& root, const BidsFiles& raw, const BidsOptions& options) : options_(options) {
    if (options.derivative.empty()) take(raw);
    if (!fs::is_directory(root / "derivatives")) return;
    std::vector<fs::path> folders;
    for (const auto& folder : fs::directory_iterator(root / "derivatives"))
      if (folder.is_directory() && (options.derivative.empty() || folder.path().filename() == options.derivative))
        folders.push_back(folder.path());
    std::sort(folders.begin(), folders.end());
    for (const auto& folder : folders) {
      take(files_below_subjects(folder, ""));
      for (const auto& suffix : options.label_suffixes)
        if (names.empty()) names = names_in_table(folder / (suffix + ".tsv"));
    }
  }

  // The label of an image, one of `images`.
  void give(LayoutCase& to, const BidsFile& image, const std::map<std::string, std::vector<const BidsFile*>>& images) const {
    const auto found = by_subject_.find(image.subject());
    if (found == by_subject_.end()) return;
    for (const auto& suffix : options_.label_suffixes) {
      std::vector<const BidsFile*> fitting;
      for (const bool loosely : {false, true}) {
        for (const auto& label : found->second) {
          if (!fitting.empty() && loosely) break;
          if (label.suffix != suffix || !has_entities(label, image, loosely)) continue;
          if (lies_on_another(label, image, images.at(image.subject()))) continue;
          // Derivatives often leave out what tells two images of a session apart; that is no harm where there is one.
          if (loosely && !is_only(label, images.at(image.subject()))) continue;
          fitting.push_back(&label);
        }
      }
      if (fitting.size() > 1)
        to.fault = Error(ErrorKind::data,
                         fmt::format("{} and {} could both be its label", fitting[0]->path.string(), fitting[1]->path.string()),
                         image.path.string(), "choose with the options derivative, description or label_suffix");
      if (fitting.empty()) continue;
      to.label = fitting.front()->path;
      return;
    }
  }

  std::map<std::int64_t, std::string> names;

 private:
  void take(const BidsFiles& files) {
    for (const auto& [place, file] : files) {
      const auto& wanted = options_.label_suffixes;
      if (std::find(wanted.begin(), wanted.end(), file.suffix) == wanted.end()) continue;
      if (!options_.description.empty() && file.parts.count("desc-" + options_.description) == 0) continue;
      by_subject_[file.subject()].push_back(file);
    }
  }
  // space-T1w: drawn on the T1w image, where the subject has one.
  static bool lies_on_another(const BidsFile& label, const BidsFile& image, const std::vector<const BidsFile*>& images) {
    const auto space = "space-" + image.suffix;
    if (label.parts.count(space) > 0) return false;
    return std::any_of(images.begin(), images.end(), [&](const auto* one) { return label.parts.count("space-" + one->suffix) > 0; });
  }
  static bool is_only(const BidsFile& label, const std::vector<const BidsFile*>& images) {
    std::set<std::string> meant;
    for (const auto* image : images)
      if (has_entities(label, *image, true)) meant.insert(image->entities);
    return meant.size() == 1;
  }

  const BidsOptions& options_;
  std::map<std::string, std::vector<BidsFile>> by_subject_;
};

}  // namespace

Layout find_bids(const fs::path& folder, const BidsOptions& options) {
  const auto raw = files_below_subjects(folder, options.datatype);
  const auto& kinds = options.label_suffixes;
  std::map<std::string, std::vector<const BidsFile*>> images;  // by subject
  for (const auto& [place, file] : raw) {
    const bool kind = options.suffixes.empty() ? std::find(kinds.begin(), kinds.end(), file.suffix) == kinds.end()
                                               : file.suffix == options.suffixes.front();
    if (kind) images[file.subject()].push_back(&file);
  }
  if (images.empty())
    throw Error(ErrorKind::data,
                fmt::format("holds no sub-*/…/{}*_{}.nii.gz", options.datatype.empty() ? "" : options.datatype + "/",
                            options.suffixes.empty() ? "*" : options.suffixes.front()),
                folder.string(), "check the folder, and the options datatype and suffixes where they are set");
  const BidsLabels labels(folder, raw, options);
  Layout layout;
  layout.labels = labels.names;
  for (const auto& [subject, those] : images) {
    for (const auto* image : those) {
      LayoutCase one{options.suffixes.empty() ? image->entities + "_" + image->suffix : image->entities, {image->path}};
      labels.give(one, *image, images);
      for (std::size_t i = 1; i < options.suffixes.size(); ++i) {
        const auto other = raw.find(image->path.parent_path() / (image->entities + "_" + options.suffixes[i]));
        if (other == raw.end())
          one.fault =
              Error(ErrorKind::data, fmt::format("has no {} beside it", options.suffixes[i]), image->path.string());
        else
          one.images.push_back(other->second.path);
      }
      layout.cases.push_back(std::move(one));
    }
  }
  return layout;
}

}  // namespace plexus
