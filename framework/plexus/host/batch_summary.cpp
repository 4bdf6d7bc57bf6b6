#include <plexus/host/batch_summary.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/report/html.hpp>

namespace plexus {
namespace {

using nlohmann::ordered_json;

bool failed(const CaseRecord& record) { return record.state == CaseRecord::State::failed; }

ordered_json details_of(const CaseRecord& record) {
  auto details = ordered_json::parse(record.details, nullptr, false);
  return details.is_object() ? details : ordered_json::object();
}

ordered_json case_json(const CaseRecord& record) {
  ordered_json one{{"id", record.id}, {"state", failed(record) ? "failed" : "done"}};
  if (failed(record)) one["error"] = record.error;
  one["attempts"] = record.attempts;
  one["seconds"] = record.seconds;
  one["estimated_bytes"] = record.estimated_bytes;
  one["peak_bytes"] = record.peak_bytes;
  for (const auto* files : {&record.inputs, &record.outputs}) {
    auto& list = one[files == &record.inputs ? "inputs" : "outputs"] = ordered_json::array();
    for (const FileStamp& stamp : *files) {
      list.push_back({{"path", stamp.path}, {"bytes", stamp.bytes}});
      if (!stamp.digest.empty()) list.back()["sha256"] = stamp.digest;
    }
  }
  one.update(details_of(record));
  return one;
}

std::string tile(const std::string& value, const std::string& name) {
  return fmt::format("<div class='tile'><b>{}</b><span>{}</span></div>\n", html_escape(value), html_escape(name));
}

std::string times(const ordered_json& list) {
  std::vector<std::string> parts;
  for (const auto& value : list)
    parts.push_back(value.is_number_float() ? fmt::format("{:.3g}", value.get<double>()) : value.dump());
  return join(parts, " × ");
}

html::Cell before_and_after(const ordered_json& details, const std::string& what) {
  if (!details.contains(what)) return {"", ""};
  const std::string after = times(details[what]);
  const std::string before = details.contains(what + "_before") ? times(details[what + "_before"]) : after;
  return {html_escape(after) + (before == after ? "" : "<small>from " + html_escape(before) + "</small>")};
}

std::string failures_section(const BatchResult& result) {
  std::vector<std::vector<html::Cell>> rows;
  for (const CaseRecord& one : result.cases)
    if (failed(one))
      rows.push_back({{html_escape(one.id)}, {html_escape(one.error)}, {std::to_string(one.attempts), "", true}});
  return rows.empty() ? "" : "<h2>Quarantined</h2>\n" + html::table({"case", "reason", "attempts"}, rows);
}

std::string thumbnails_section(const BatchResult& result) {
  std::string shots;
  for (const CaseRecord& one : result.cases)
    if (!one.thumbnail.empty() && !failed(one))
      shots += fmt::format("<figure class='shot'>{}<figcaption>{}</figcaption></figure>\n",
                           html::picture(one.thumbnail, "A slice of " + one.id), html_escape(one.id));
  return shots.empty() ? "" : "<h2>What came out</h2>\n<div class='shots'>" + shots + "</div>\n";
}

std::string cases_section(const BatchResult& result) {
  std::vector<std::vector<html::Cell>> rows;
  for (const CaseRecord& one : result.cases) {
    if (failed(one)) continue;
    const ordered_json details = details_of(one);
    std::string range, notes;
    if (details.contains("minimum") && details["minimum"].is_number() && details["maximum"].is_number())
      range = fmt::format("{:.4g} … {:.4g}", details["minimum"].get<double>(), details["maximum"].get<double>());
    if (details.contains("notes"))
      for (const auto& note : details["notes"]) notes += "<small>" + html_escape(note.get<std::string>()) + "</small>";
    rows.push_back({{html_escape(one.id) + notes, one.id},
                    before_and_after(details, "size"),
                    before_and_after(details, "spacing"),
                    {html_escape(range)},
                    {fmt::format("{:.2f}", one.seconds), "", true},
                    {human_bytes(one.peak_bytes), std::to_string(one.peak_bytes), true}});
  }
  return rows.empty() ? "" : "<h2>Cases</h2>\n" + html::table({"case", "size", "spacing", "values", "seconds", "memory"}, rows);
}

}  // namespace

void write_batch_summary(const std::filesystem::path& folder, const std::string& title, const std::string& recipe,
                         const BatchResult& result) {
  const std::size_t done = result.cases.size() - result.failed;
  double work = 0;
  std::uint64_t peak = 0;
  ordered_json cases = ordered_json::array();
  Table quarantine({"case", "reason", "inputs"});
  for (const CaseRecord& one : result.cases) {
    work += one.seconds;
    peak = std::max(peak, one.peak_bytes);
    cases.push_back(case_json(one));
    if (!failed(one)) continue;
    std::vector<std::string> inputs;
    for (const FileStamp& stamp : one.inputs) inputs.push_back(stamp.path);
    quarantine.add({one.id, one.error, join(inputs, ";")});
  }
  const ordered_json summary{{"name", title},
                             {"recipe", ordered_json::parse(recipe, nullptr, false)},
                             {"done", done},
                             {"failed", result.failed},
                             {"seconds_of_work", work},
                             {"largest_peak_bytes", peak},
                             {"memory_limit", result.memory},
                             {"peak_resident_bytes", result.peak_resident},
                             {"cases", std::move(cases)}};
  write_file(folder / "summary.json", summary.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");

  std::string body = "<h1>" + html_escape(title) + "</h1>\n<div class='tiles'>";
  body += tile(std::to_string(done), "cases done") + tile(std::to_string(result.failed), "quarantined");
  body += tile(human_seconds(work), "of work") + tile(human_bytes(peak), "largest case in memory");
  body += "</div>\n" + failures_section(result) + thumbnails_section(result) + cases_section(result);
  body += "<h2>Recipe</h2>\n<pre>" + html_escape(summary["recipe"].dump(2)) + "</pre>\n";
  write_file(folder / "summary.html", html::page(title, body));
  if (result.failed > 0)
    write_file(folder / "quarantine.csv", quarantine.csv());
  else
    std::filesystem::remove(folder / "quarantine.csv");
}

}  // namespace plexus
