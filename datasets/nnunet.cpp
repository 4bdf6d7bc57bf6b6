#include "nnunet.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>

#include "dataset_json.hpp"
#include "lists.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;
using NnJson = nlohmann::json;

NnJson parsed_json(const fs::path& path, const char* expected) {
  try {
    return NnJson::parse(read_file(path));
  } catch (const NnJson::exception& error) {
    throw Error(ErrorKind::data, fmt::format("is not the JSON it should be: {}", error.what()), path.string(), expected);
  }
}

// "case_0001" -> "case" and channel 1.
std::pair<std::string, std::int64_t> split_channel(const std::string& stem) {
  const auto at = stem.rfind('_');
  const auto digits = at == std::string::npos ? "" : stem.substr(at + 1);
  if (digits.size() != 4 || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return {stem, -1};
  return {stem.substr(0, at), std::stoll(digits)};
}

std::map<std::string, std::vector<fs::path>> channels_in(const fs::path& folder, std::int64_t channels) {
  std::map<std::string, std::vector<fs::path>> found;
  for (const auto& [stem, path] : cases_in(folder)) {
    const auto [id, channel] = split_channel(stem);
    if (channel < 0)
      throw Error(ErrorKind::data, "its name does not end in a channel's number", path.string(), "expected <case>_0000 and on");
    auto& files = found[id];
    if (channel != static_cast<std::int64_t>(files.size()))
      throw Error(ErrorKind::data, fmt::format("is channel {} of '{}', but channel {} is not there", channel, id, files.size()),
                  path.string());
    files.push_back(path);
  }
  for (const auto& [id, files] : found)
    if (channels > 0 && static_cast<std::int64_t>(files.size()) != channels)
      throw Error(ErrorKind::data,
                  fmt::format("the case '{}' has {} channels; dataset.json names {}", id, files.size(), channels),
                  folder.string());
  return found;
}

void read_labels(const NnJson& labels, FolderCases& found) {
  std::map<std::int64_t, std::string> names;
  for (const auto& [key, value] : labels.items()) {
    // Version 1 and the Decathlon write {"1": "name"}.
    if (const auto number = parse_integer(key); number && value.is_string()) {
      names[*number] = value.get<std::string>();
    } else if (value.is_array()) {
      for (const auto& id : value) names.emplace(id.get<std::int64_t>(), "class " + id.dump());
      found.notes.push_back(fmt::format("the region '{}' is not a class of its own", key));
    } else if (key == "ignore") {
      found.ignore = value.get<std::int64_t>();
      found.notes.emplace_back("voxels that are to be ignored are read as background");
    } else {
      names[value.get<std::int64_t>()] = key;
    }
  }
  if (!names.empty() && (names.begin()->first < 0 || names.rbegin()->first > 65535))
    throw Error(ErrorKind::data, "the labels are not numbered from 0 to 65535", "dataset.json");
  found.labels = names_of_ids(names);
}

FolderCases nnunet_cases(const NnUnet::Settings& settings) {
  const fs::path root = settings.root;
  FolderCases found;
  const auto json_file = root / "dataset.json";
  const auto json = parsed_json(json_file, "expected nnU-Net's channel_names, labels and file_ending");
  std::int64_t channels = 0;
  try {
    for (const char* key : {"channel_names", "modality"})
      if (json.contains(key)) channels = static_cast<std::int64_t>(json.at(key).size());
    read_labels(json.at("labels"), found);
  } catch (const NnJson::exception& error) {
    throw Error(ErrorKind::data, fmt::format("is not nnU-Net's: {}", error.what()), json_file.string(),
                R"(expected {"channel_names": {"0": "T2"}, "labels": {"background": 0, "prostate": 1}, …})");
  }
  for (const bool test : {false, true}) {
    const auto labels = cases_in(root / (test ? "labelsTs" : "labelsTr"));
    for (const auto& [id, images] : channels_in(root / (test ? "imagesTs" : "imagesTr"), channels)) {
      const auto label = labels.find(id);
      found.cases.push_back({id, images, label == labels.end() ? fs::path() : label->second, test});
    }
  }
  if (found.cases.empty()) throw Error(ErrorKind::data, "holds no volumes", (root / "imagesTr").string(), "set root");

  const auto splits_file = root / "splits_final.json";
  if (!fs::exists(splits_file)) return found;
  const auto folds = parsed_json(splits_file, R"(expected [{"train": […], "val": […]}, …])");
  if (!folds.is_array() || settings.fold >= static_cast<std::int64_t>(folds.size()))
    throw Error(ErrorKind::configuration, fmt::format("has {} folds; fold {} is asked for", folds.size(), settings.fold),
                splits_file.string());
  try {
    const auto& fold = folds[static_cast<std::size_t>(settings.fold)];
    found.splits["labeled"] = fold.at("train").get<std::vector<std::string>>();
    found.splits["val"] = fold.at("val").get<std::vector<std::string>>();
  } catch (const NnJson::exception& error) {
    throw Error(ErrorKind::data, fmt::format("is not nnU-Net's: {}", error.what()), splits_file.string(),
                R"(expected [{"train": […], "val": […]}, …])");
  }
  return found;
}

}  // namespace

void NnUnet::Settings::declare(Options& options) {
  FolderSettings::declare(options, "folder DatasetNNN_Name with imagesTr/, labelsTr/ and dataset.json");
  options.add("fold", fold, "of splits_final.json, where there is one").range(0);
}

NnUnet::NnUnet(const Settings& settings) : FolderSet(settings, nnunet_cases(settings)) {}

}  // namespace plexus::datasets
