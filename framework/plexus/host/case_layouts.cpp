#include <plexus/host/case_layouts.hpp>

#include <glob.h>

#include <algorithm>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/dicom_header.hpp>
#include <plexus/data/volume_format.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

// Volumes and series in a folder and all below it, sorted.
std::vector<fs::path> files_below(const fs::path& folder, std::vector<std::string>& notes) {
  std::vector<fs::path> found, left_out;
  const auto look_into = [&](const fs::path& in) {
    const bool series = is_dicom_folder(in);
    if (series) found.push_back(in);
    for (const auto& entry : fs::directory_iterator(in))
      if (entry.is_regular_file() && is_volume_file(entry.path()) && !entry.path().filename().string().starts_with("."))
        (series ? left_out : found).push_back(entry.path());
  };
  look_into(folder);
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    if (!entry->is_directory()) continue;
    if (entry->path().filename().string().starts_with("."))
      entry.disable_recursion_pending();
    else
      look_into(entry->path());
  }
  std::sort(found.begin(), found.end());
  for (const auto& file : left_out) notes.push_back(file.string() + ": lies among DICOM files and is left out");
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
  const auto files = files_below(path, found.notes);
  if (files.empty()) throw Error(ErrorKind::data, "holds no volumes", path.string(), volume_formats_text());
  for (const auto& file : files) found.cases.push_back(single(file));
}

fs::path below(const fs::path& folder, const std::string& path) {
  return fs::path(path).is_absolute() ? fs::path(path) : folder / path;
}

}  // namespace

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

}  // namespace plexus
