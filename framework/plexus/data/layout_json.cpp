#include <plexus/data/layout_json.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

using LayoutJson = nlohmann::json;

std::int64_t label_value(const LayoutJson& value, const std::string& name, const std::string& where) {
  if (!value.is_number_integer())
    throw Error(ErrorKind::data, fmt::format("the label '{}' has no whole number", name), where,
                R"(expected {"labels": {"background": 0, "prostate": 1}}, or {"0": "background", "1": "prostate"})");
  const auto number = value.get<std::int64_t>();
  if (number < 0 || number > 65535)
    throw Error(ErrorKind::data, fmt::format("the label '{}' is {}; labels are numbered from 0 to 65535", name, number), where);
  return number;
}

void take_labels(const LayoutJson& labels, const std::string& where, Layout& layout) {
  if (!labels.is_object())
    throw Error(ErrorKind::data, "its 'labels' are no object", where, R"(expected {"labels": {"background": 0, …}})");
  std::map<std::int64_t, std::string> parts;
  for (const auto& [key, value] : labels.items()) {
    if (const auto number = parse_integer(key); number && value.is_string()) {
      layout.labels[label_value(LayoutJson(*number), value.get<std::string>(), where)] = value.get<std::string>();
    } else if (value.is_array()) {
      for (const auto& id : value) parts.emplace(label_value(id, key, where), "class " + id.dump());
      layout.notes.push_back(fmt::format("the region '{}' is not a class of its own", key));
    } else if (key == "ignore") {
      layout.ignore = label_value(value, key, where);
    } else {
      layout.labels[label_value(value, key, where)] = key;
    }
  }
  layout.labels.insert(parts.begin(), parts.end());
}

}  // namespace

nlohmann::json read_dataset_description(const std::filesystem::path& folder) {
  const auto file = folder / "dataset.json";
  if (!std::filesystem::exists(file)) return LayoutJson::object();
  LayoutJson read = LayoutJson::parse(read_file(file), nullptr, false);
  if (!read.is_object())
    throw Error(ErrorKind::data, "is not the JSON it should be", file.string(), "expected one object {…}, complete");
  return read;
}

void take_declared(const LayoutJson& description, const std::filesystem::path& folder, Layout& layout) {
  const std::string where = (folder / "dataset.json").string();
  if (description.contains("labels")) take_labels(description["labels"], where, layout);
  std::map<long long, std::string> by_number;
  for (const char* key : {"channel_names", "modality"}) {
    if (!description.contains(key) || !description[key].is_object()) continue;
    for (const auto& [number, name] : description[key].items())
      if (const auto index = parse_integer(number); index && name.is_string()) by_number[*index] = name.get<std::string>();
  }
  for (const auto& [number, name] : by_number) layout.channels.push_back(name);
}

}  // namespace plexus
