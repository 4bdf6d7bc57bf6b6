#include <plexus/host/case_files.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume_format.hpp>
#include <plexus/host/case_layouts.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

bool any_folder(const fs::path& folder, const std::string& pattern) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && matches(pattern, entry.path().filename().string())) return true;
  return false;
}

std::string layout_of(const std::string& input) {
  const fs::path path = input;
  if (path.extension() == ".csv") return "csv";
  if (!fs::is_directory(path)) return "files";
  if (fs::exists(path / "dataset.json")) {
    const std::string text = read_file(path / "dataset.json");
    if (text.find("\"training\"") != std::string::npos) return "msd";
    if (fs::is_directory(path / "imagesTr")) return "nnunet";
  }
  if (fs::exists(path / "dataset_description.json") || any_folder(path, "sub-*")) return "bids";
  if (fs::is_directory(path / "images")) return "pairs";
  return "files";
}

FoundCases in_words_of_cases(Layout layout) {
  FoundCases found;
  for (LayoutCase& one : layout.cases) {
    CaseFiles files{one.id, {}, one.label.string(), std::move(one.fault)};
    for (const fs::path& image : one.images) files.images.push_back(image.string());
    found.cases.push_back(std::move(files));
  }
  if (layout.ignore) layout.labels.emplace(*layout.ignore, "ignore");
  for (const auto& [id, name] : layout.labels) found.labels.push_back({id, name});
  found.channels = std::move(layout.channels);
  found.notes = std::move(layout.notes);
  return found;
}

FoundCases find_one(const std::string& input, const std::string& layout, const BidsOptions& bids) {
  if (layout == "files") return find_single_files(input);
  if (!fs::exists(input)) throw Error(ErrorKind::data, "does not exist", input);
  if (layout == "csv") return find_in_table(input);
  if (!fs::is_directory(input)) throw Error(ErrorKind::data, "is no folder, which the layout " + layout + " needs", input);
  if (layout == "pairs") return in_words_of_cases(find_pairs(input));
  if (layout == "nnunet") return in_words_of_cases(find_nnunet(input));
  if (layout == "msd") return in_words_of_cases(find_msd(input));
  FoundCases found = in_words_of_cases(find_bids(input, bids));
  for (CaseFiles& one : found.cases) one.id = volume_stem(one.images.front());  // results of T1w and T2w may share a folder
  return found;
}

// The name with so many of the folders above the first image in front.
std::string with_folders(const CaseFiles& one, int depth) {
  fs::path folder = fs::absolute(one.images.front()).lexically_normal().parent_path();
  std::string id = one.id;
  for (int i = 0; i < depth && folder.has_filename(); ++i, folder = folder.parent_path())
    id = folder.filename().string() + "_" + id;
  return safe_name(id);
}

// Cases of one name take as many folders into their names as tell them apart.
void make_unique(std::vector<CaseFiles>& cases) {
  constexpr int deepest = 8;
  std::vector<int> depths(cases.size(), 0);
  for (bool clash = true; clash;) {
    clash = false;
    std::map<std::string, std::vector<std::size_t>> by_name;
    for (std::size_t i = 0; i < cases.size(); ++i) by_name[with_folders(cases[i], depths[i])].push_back(i);
    for (const auto& [name, alike] : by_name) {
      if (alike.size() < 2) continue;
      clash = true;
      for (const std::size_t i : alike)
        if (++depths[i] > deepest)
          throw Error(ErrorKind::data, fmt::format("two cases are called '{}'", name), cases[i].images.front(),
                      "give the files other names, or a table with the columns image, label and case");
    }
  }
  for (std::size_t i = 0; i < cases.size(); ++i) cases[i].id = with_folders(cases[i], depths[i]);
}

}  // namespace

std::vector<std::string> CaseFiles::all() const {
  std::vector<std::string> files = images;
  if (!label.empty()) files.push_back(label);
  return files;
}

const std::vector<std::string>& case_layouts() {
  static const std::vector<std::string> names{"auto", "files", "pairs", "csv", "nnunet", "msd", "bids"};
  return names;
}

FoundCases find_cases(const std::vector<std::string>& inputs, const std::string& layout, const BidsOptions& bids) {
  const auto& names = case_layouts();
  if (std::find(names.begin(), names.end(), layout) == names.end())
    throw Error(ErrorKind::usage, "no layout '" + layout + "'" + did_you_mean(layout, names), "",
                "the layouts are " + join(names, ", "));
  FoundCases found;
  ErrorList errors;
  for (const std::string& input : inputs)
    errors.attempt([&] {
      const std::string of_this = layout == "auto" ? layout_of(input) : layout;
      FoundCases one = find_one(input, of_this, bids);
      if (one.cases.empty()) throw Error(ErrorKind::data, "holds no cases of the layout " + of_this, input, "see --layout");
      found.layout = found.layout.empty() || found.layout == of_this ? of_this : "several";
      found.cases.insert(found.cases.end(), one.cases.begin(), one.cases.end());
      found.notes.insert(found.notes.end(), one.notes.begin(), one.notes.end());
      if (found.labels.empty()) found.labels = one.labels;
      if (found.channels.empty()) found.channels = one.channels;
    });
  errors.raise();
  make_unique(found.cases);
  std::sort(found.cases.begin(), found.cases.end(), [](const CaseFiles& a, const CaseFiles& b) { return a.id < b.id; });
  return found;
}

}  // namespace plexus
