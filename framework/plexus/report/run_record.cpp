#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/base/yaml.hpp>
#include <plexus/report/html.hpp>
#include <plexus/report/sections.hpp>

namespace plexus {
namespace {

constexpr std::size_t most_warnings = 50;

std::string plain(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Objects inside become names with dots; lists of plain values one line.
void flatten(const std::string& name, const nlohmann::json& value, std::vector<std::pair<std::string, std::string>>& rows) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, inner] : value.items()) flatten(name.empty() ? key : name + "." + key, inner, rows);
    return;
  }
  std::string text = plain(value);
  if (value.is_array()) {
    std::vector<std::string> items;
    for (const auto& item : value) items.push_back(plain(item));
    text = join(items, name == "command_line" || name == "command" ? " " : ", ");
  }
  rows.emplace_back(name, html_escape(text));
}

}  // namespace

std::string warnings_section(const std::filesystem::path& log) {
  if (!std::filesystem::exists(log)) return "";
  std::vector<std::pair<std::string, std::size_t>> warnings;
  for (const auto& line : split(read_file(log), '\n')) {
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    if (!entry.is_object()) continue;  // the last line of a killed run may be cut
    const std::string level = entry.value("level", nlohmann::json()).is_string() ? entry["level"].get<std::string>() : "";
    if ((level != "warning" && level != "error") || !entry.value("text", nlohmann::json()).is_string()) continue;
    const std::string text = entry["text"];
    const auto known =
        std::find_if(warnings.begin(), warnings.end(), [&](const auto& warning) { return warning.first == text; });
    if (known == warnings.end())
      warnings.emplace_back(text, 1);
    else
      ++known->second;
  }
  std::string out;
  for (std::size_t i = 0; i < std::min(warnings.size(), most_warnings); ++i)
    out += fmt::format("<p class='warn'>{}{}</p>\n", html_escape(warnings[i].first),
                       warnings[i].second > 1 ? fmt::format(" <span class='soft'>({} times)</span>", warnings[i].second) : "");
  if (warnings.size() > most_warnings)
    out += fmt::format("<p class='small'>and {} more in log.txt</p>\n", warnings.size() - most_warnings);
  return out;
}

std::string configuration_section(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return "";
  const std::string json = read_file(file);
  std::string text;
  try {
    text = to_yaml(parse_yaml(json, file.string()));
  } catch (const Error&) {
    text = json;  // shown as it is: the page is no place to judge it
  }
  return fmt::format("<details><summary>Every option of this run</summary><pre>{}</pre></details>\n", html_escape(text));
}

std::string environment_section(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return "";
  auto record = nlohmann::json::parse(read_file(file), nullptr, false);
  if (!record.is_object()) throw Error(ErrorKind::data, "is no JSON object", file.string());
  std::vector<std::pair<std::string, std::string>> rows;
  // While the report is written the run is not over: how it ended stands in run.json.
  for (const char* key : {"state", "ended", "exit_code"}) record.erase(key);
  flatten("", record, rows);
  return html::pairs(rows);
}

}  // namespace plexus
