#include "dataset_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

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

}  // namespace plexus::datasets
