// Layouts that a dataset.json describes.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume_format.hpp>
#include <plexus/host/case_layouts.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_description(const fs::path& folder) {
  const fs::path file = folder / "dataset.json";
  if (!fs::exists(file)) return json::object();
  json read = json::parse(read_file(file), nullptr, false);
  if (!read.is_object()) throw Error(ErrorKind::data, "is no JSON object", file.string());
  return read;
}

// Both ways round: {"tumour": 1} of nnU-Net, {"1": "tumour"} of the Decathlon. Regions of several ids are left out.
std::vector<Label> declared_labels(const json& description, const std::string& where) {
  std::vector<Label> labels;
  const auto found = description.find("labels");
  if (found == description.end() || !found->is_object()) return labels;
  for (const auto& [key, value] : found->items()) {
    if (value.is_number_integer())
      labels.push_back({value.get<std::int64_t>(), key});
    else if (const auto id = parse_integer(key); id && value.is_string())
      labels.push_back({*id, value.get<std::string>()});
    else if (!value.is_array())
      throw Error(ErrorKind::data, fmt::format("the label '{}' has no whole number", key), where);
  }
  std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.id < b.id; });
  return labels;
}

std::vector<std::string> declared_channels(const json& description) {
  std::map<long long, std::string> by_number;
  for (const char* key : {"channel_names", "modality"})
    if (const auto found = description.find(key); found != description.end() && found->is_object())
      for (const auto& [number, name] : found->items())
        if (const auto index = parse_integer(number); index && name.is_string()) by_number[*index] = name.get<std::string>();
  std::vector<std::string> names;
  for (const auto& [number, name] : by_number) names.push_back(name);
  return names;
}

void add_nnunet_folder(const fs::path& images, const fs::path& labels, FoundCases& found) {
  if (!fs::is_directory(images)) return;
  std::map<std::string, std::map<std::string, fs::path>> cases;  // case -> channel number -> file
  for (const auto& entry : fs::directory_iterator(images)) {
    if (!is_volume_file(entry.path()) || entry.path().filename().string().starts_with(".")) continue;
    const std::string stem = volume_stem(entry.path());
    const auto at = stem.rfind('_');
    const bool numbered = at != std::string::npos && stem.size() == at + 5 && parse_integer(stem.substr(at + 1)).has_value();
    if (!numbered)
      throw Error(ErrorKind::data, "does not end in a channel number", entry.path().string(),
                  "nnU-Net names images CASE_0000, CASE_0001, …");
    cases[stem.substr(0, at)][stem.substr(at + 1)] = entry.path();
  }
  std::map<std::string, fs::path> label_files;
  if (fs::is_directory(labels))
    for (const auto& entry : fs::directory_iterator(labels))
      if (is_volume_file(entry.path()) && !entry.path().filename().string().starts_with("."))
        label_files[volume_stem(entry.path())] = entry.path();
  for (const auto& [id, channels] : cases) {
    CaseFiles one{id, {}, ""};
    for (const auto& [number, file] : channels) one.images.push_back(file.string());
    if (const auto label = label_files.find(id); label != label_files.end()) {
      one.label = label->second.string();
      label_files.erase(label);
    }
    found.cases.push_back(std::move(one));
  }
  for (const auto& [id, file] : label_files) found.notes.push_back(file.string() + ": a label without image");
}

}  // namespace

FoundCases find_nnunet(const fs::path& folder) {
  const json description = read_description(folder);
  FoundCases found;
  found.labels = declared_labels(description, (folder / "dataset.json").string());
  found.channels = declared_channels(description);
  add_nnunet_folder(folder / "imagesTr", folder / "labelsTr", found);
  add_nnunet_folder(folder / "imagesTs", folder / "labelsTs", found);
  return found;
}

FoundCases find_msd(const fs::path& folder) {
  const std::string where = (folder / "dataset.json").string();
  const json description = read_description(folder);
  FoundCases found;
  found.labels = declared_labels(description, where);
  found.channels = declared_channels(description);
  const auto path_of = [&](const json& value) {
    if (!value.is_string()) throw Error(ErrorKind::data, "a case of the list is no path", where);
    return (folder / value.get<std::string>()).lexically_normal().string();
  };
  for (const char* list : {"training", "test"}) {
    const auto cases = description.find(list);
    if (cases == description.end() || !cases->is_array()) continue;
    for (const json& entry : *cases) {
      CaseFiles one;
      if (entry.is_object()) {
        if (!entry.contains("image")) throw Error(ErrorKind::data, fmt::format("a case of '{}' has no image", list), where);
        one.images = {path_of(entry["image"])};
        if (entry.contains("label")) one.label = path_of(entry["label"]);
      } else {
        one.images = {path_of(entry)};
      }
      one.id = volume_stem(one.images.front());
      found.cases.push_back(std::move(one));
    }
  }
  return found;
}

}  // namespace plexus
