#include <nlohmann/json.hpp>

#include <plexus/host/data_info_json.hpp>

namespace plexus {
using nlohmann::json;

json data_info_to_json(const DataInfo& info) {
  json labels = json::array();
  for (const Label& label : info.labels) labels.push_back({{"id", label.id}, {"name", label.name}, {"colour", label.colour}});
  return {{"channels", info.channels}, {"dimensions", info.dimensions}, {"labels", labels}};
}

DataInfo data_info_from_json(const json& value) {
  DataInfo info;
  info.channels = value.at("channels");
  info.dimensions = value.at("dimensions");
  for (const json& label : value.at("labels"))
    info.labels.push_back({label.at("id"), label.at("name"), label.at("colour").get<std::array<std::uint8_t, 3>>()});
  return info;
}

}  // namespace plexus
