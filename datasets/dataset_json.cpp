#include "dataset_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/volume.hpp>

namespace plexus::datasets {
namespace {

using Json = nlohmann::json;

std::vector<std::string> names_of(const Json& labels, const std::string& where) {
  std::map<std::int64_t, std::string> by_id;
  for (const auto& [name, id] : labels.items())
    if (!by_id.emplace(id.get<std::int64_t>(), name).second)
      throw Error(ErrorKind::data, fmt::format("two labels have the number {}", id.get<std::int64_t>()), where);
  std::vector<std::string> names;
  std::int64_t next = 0;
  for (const auto& [id, name] : by_id) {
    if (id != next++)
      throw Error(ErrorKind::data, "the labels are not numbered 0, 1, 2, …", where, "give the background the number 0");
    if (id > 0) names.push_back(name);
  }
  return names;
}

}  // namespace

DatasetJson read_dataset_json(const std::filesystem::path& root) {
  const auto path = root / "dataset.json";
  DatasetJson read;
  if (!std::filesystem::exists(path)) return read;
  try {
    const auto json = Json::parse(read_file(path));
    if (json.contains("labels")) read.labels = names_of(json.at("labels"), path.string());
    if (json.contains("splits"))
      for (const auto& [name, cases] : json.at("splits").items()) read.splits[name] = cases.get<std::vector<std::string>>();
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::data, fmt::format("is not the JSON it should be: {}", error.what()), path.string(),
                R"(expected {"labels": {"background": 0, …}, "splits": {"labeled": ["case", …], …}})");
  }
  return read;
}

std::map<std::string, std::filesystem::path> cases_in(const std::filesystem::path& folder) {
  std::map<std::string, std::filesystem::path> found;
  if (!std::filesystem::is_directory(folder)) return found;
  for (const auto& path : volumes_in(folder)) {
    // Archives made on a Mac hold a "._case.nii.gz" beside each file.
    if (path.filename().string().starts_with('.')) continue;
    const auto [place, fresh] = found.emplace(volume_stem(path), path);
    if (!fresh)
      throw Error(ErrorKind::data,
                  fmt::format("{} and {} are one case", place->second.filename().string(), path.filename().string()),
                  folder.string(), "keep one of them");
  }
  return found;
}

}  // namespace plexus::datasets
