#include <plexus/host/case_layouts.hpp>

#include <glob.h>

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

// Volumes and series in a folder and all below it, sorted.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> found;
  if (is_series(folder)) return {folder};
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    if (entry->path().filename().string().starts_with(".")) {
      if (entry->is_directory()) entry.disable_recursion_pending();
    } else if (entry->is_directory() ? is_series(entry->path()) : is_volume_file(entry->path())) {
      if (entry->is_directory()) entry.disable_recursion_pending();
      found.push_back(entry->path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> files_of_pattern(const std::string& pattern) {
  glob_t matched{};
  const int code = glob(pattern.c_str(), GLOB_TILDE, nullptr, &matched);
  std::vector<fs::path> files;
  for (std::size_t i = 0; code == 0 && i < matched.gl_pathc; ++i) files.emplace_back(matched.gl_pathv[i]);
  globfree(&matched);
  if (files.empty()) throw Error(ErrorKind::data, "no file is named so", pattern);
  return files;
}

CaseFiles single(const fs::path& file) { return {volume_stem(file), {file.string()}, ""}; }

void add_file_or_folder(const fs::path& path, FoundCases& found) {
  if (!fs::exists(path)) throw Error(ErrorKind::data, "does not exist", path.string());
  if (!fs::is_directory(path)) {
    found.cases.push_back(single(path));
    return;
  }
  const auto files = files_below(path);
  if (files.empty()) throw Error(ErrorKind::data, "holds no volumes", path.string(), volume_formats_text());
  for (const auto& file : files) found.cases.push_back(single(file));
}

fs::path below(const fs::path& folder, const std::string& path) {
  return fs::path(path).is_absolute() ? fs::path(path) : folder / path;
}

// Volumes of one folder by their name.
std::map<std::string, fs::path> files_in(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (path.filename().string().starts_with(".")) continue;
    if (entry.is_directory() ? !is_series(path) : !is_volume_file(path)) continue;
    const auto [other, fresh] = files.emplace(volume_stem(path), path);
    if (!fresh)
      throw Error(ErrorKind::data,
                  fmt::format("{} and {} are one case", other->second.filename().string(), path.filename().string()),
                  folder.string(), "keep one of them");
  }
  return files;
}

// "sub-01_ses-2_T1w" -> "sub-01_ses-2", "T1w".
std::pair<std::string, std::string> bids_parts(const std::string& stem) {
  const auto at = stem.rfind('_');
  return at == std::string::npos ? std::pair{stem, std::string()} : std::pair{stem.substr(0, at), stem.substr(at + 1)};
}

}  // namespace

bool is_series(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string suffix = entry.path().extension().string();
    if (entry.is_regular_file() && (suffix == ".dcm" || suffix == ".DCM" || suffix == ".IMA")) return true;
  }
  return false;
}

FoundCases find_single_files(const std::string& input) {
  FoundCases found;
  const fs::path path = input;
  if (path.extension() == ".txt" && fs::is_regular_file(path)) {
    for (const std::string& line : split(read_file(path), '\n'))
      if (const auto name = trim(line); !name.empty() && name.front() != '#')
        add_file_or_folder(below(path.parent_path(), std::string(name)), found);
  } else if (!fs::exists(path) && input.find_first_of("*?[") != std::string::npos) {
    for (const auto& file : files_of_pattern(input)) add_file_or_folder(file, found);
  } else {
    add_file_or_folder(path, found);
  }
  return found;
}

FoundCases find_pairs(const fs::path& folder) {
  FoundCases found;
  const auto labels = files_in(folder / "labels");
  std::set<std::string> used;
  for (const auto& [name, file] : files_in(folder / "images")) {
    const auto label = labels.find(name);
    if (label != labels.end()) used.insert(name);
    found.cases.push_back({name, {file.string()}, label == labels.end() ? "" : label->second.string()});
  }
  for (const auto& [name, file] : labels)
    if (!used.count(name)) found.notes.push_back(file.string() + ": a label without image");
  return found;
}

FoundCases find_in_table(const fs::path& file) {
  const Table table = Table::parse_csv(read_file(file), file.string());
  const auto& names = table.columns();
  const auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  const std::size_t image = column("image"), label = column("label"), id = column("case");
  if (image == names.size())
    throw Error(ErrorKind::data, "has no column 'image'" + did_you_mean("image", names), file.string(),
                "the columns are image, label, case");
  FoundCases found;
  for (const auto& row : table.rows()) {
    CaseFiles one;
    for (const std::string& part : split(row[image], ';'))
      if (!trim(part).empty()) one.images.push_back(below(file.parent_path(), std::string(trim(part))).string());
    if (one.images.empty()) throw Error(ErrorKind::data, "a row names no image", file.string());
    if (label < names.size() && !trim(row[label]).empty())
      one.label = below(file.parent_path(), std::string(trim(row[label]))).string();
    one.id = id < names.size() && !trim(row[id]).empty() ? std::string(trim(row[id])) : volume_stem(one.images.front());
    found.cases.push_back(std::move(one));
  }
  return found;
}

FoundCases find_bids(const fs::path& folder, const std::string& suffix) {
  struct Found {
    fs::path file;
    std::string entities, kind;
  };
  std::vector<Found> images, labels;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || !name.starts_with("sub-") || !is_volume_file(entry.path())) continue;
    auto [entities, kind] = bids_parts(volume_stem(entry.path()));
    const bool derived = fs::relative(entry.path(), folder).begin()->string() == "derivatives";
    if (kind == "dseg" || kind == "mask")
      labels.push_back({entry.path(), entities, kind});
    else if (!derived && (suffix.empty() || kind == suffix))
      images.push_back({entry.path(), entities, kind});
  }
  FoundCases found;
  for (const Found& image : images) {
    CaseFiles one = single(image.file);
    // The label with the fewest entities beyond the image's: "sub-01_label-tumour_dseg" belongs to "sub-01_T1w".
    for (const Found& label : labels) {
      const bool fits = label.entities == image.entities || label.entities.starts_with(image.entities + "_");
      const bool better = one.label.empty() || label.entities.size() < bids_parts(volume_stem(one.label)).first.size();
      if (fits && better) one.label = label.file.string();
    }
    found.cases.push_back(std::move(one));
  }
  if (found.cases.empty())
    throw Error(ErrorKind::data, suffix.empty() ? "holds no BIDS images" : "holds no BIDS images *_" + suffix, folder.string());
  return found;
}

}  // namespace plexus
