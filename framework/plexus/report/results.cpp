#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include <plexus/base/counted.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/report/html.hpp>
#include <plexus/report/plots.hpp>
#include <plexus/report/sections.hpp>

namespace plexus {
namespace {

using html::Cell;

std::string fixed(double value) {
  if (!std::isfinite(value)) return "–";
  return fmt::format("{:.{}f}", value, std::abs(value) < 10 ? 3 : std::abs(value) < 100 ? 2 : 1);
}

std::string heading(const Reached& metric) {
  return metric.unit.empty() ? metric.metric : fmt::format("{} ({})", metric.metric, metric.unit);
}

std::size_t count_cases(const std::vector<CaseFigure>& figures) {
  std::set<std::string> cases;
  for (const auto& figure : figures) cases.insert(figure.case_id);
  return cases.size();
}

// What a stage measures: its method; where several stages measure the same one in the same repetition (by other rules, on other
// cases), the stage's name besides, without its repetition.
std::string measured_by(const std::vector<ReadStage>& stages, const EvaluatedStage& stage) {
  if (stage.method.empty()) return stage.name;
  const auto alike = std::count_if(stages.begin(), stages.end(), [&](const ReadStage& other) {
    return other.stage->method == stage.method && other.stage->group == stage.group;
  });
  return alike > 1 ? stage.method + ", " + stage.name.substr(0, stage.name.find('@')) : stage.method;
}

// The stages of each method, in order of appearance.
std::vector<std::pair<std::string, std::vector<const ReadStage*>>> by_method(const std::vector<ReadStage>& stages) {
  std::vector<std::pair<std::string, std::vector<const ReadStage*>>> methods;
  for (const ReadStage& stage : stages) {
    const std::string name = measured_by(stages, *stage.stage);
    auto known = std::find_if(methods.begin(), methods.end(), [&](const auto& method) { return method.first == name; });
    if (known == methods.end()) known = methods.insert(methods.end(), {name, {}});
    known->second.push_back(&stage);
  }
  return methods;
}

struct MethodFigure {
  double mean, deviation;
  std::size_t groups, undefined;
};

// Over repetitions where there are several, else over the cases of the one.
MethodFigure figure_of(const std::vector<const ReadStage*>& stages, const std::string& metric) {
  std::vector<double> means;
  double deviation = std::nan("");
  for (const ReadStage* stage : stages)
    for (const Reached& one : reached(stage->figures))
      if (one.metric == metric) {
        means.push_back(one.mean);
        deviation = one.deviation;
      }
  const Spread over = spread(means);
  return {over.mean, means.size() > 1 ? over.deviation : deviation, means.size(), over.undefined};
}

// All metrics of the stages, the Dice coefficient first.
std::vector<Reached> metrics_of(const std::vector<ReadStage>& stages) {
  std::vector<Reached> all;
  for (const ReadStage& stage : stages)
    for (const Reached& one : reached(stage.figures))
      if (std::none_of(all.begin(), all.end(), [&](const Reached& r) { return r.metric == one.metric; })) all.push_back(one);
  std::stable_partition(all.begin(), all.end(), [](const Reached& r) { return r.metric == "dice"; });
  return all;
}

std::string what_spread(const std::vector<const ReadStage*>& stages) {
  return stages.size() > 1 ? fmt::format("over {} repetitions", stages.size())
                           : "over " + counted(count_cases(stages.front()->figures), "case");
}

std::string class_table(const std::vector<CaseFigure>& figures, const std::vector<Reached>& metrics) {
  std::vector<std::pair<std::int64_t, std::string>> labels;
  std::map<std::pair<std::int64_t, std::string>, std::vector<double>> values;
  for (const CaseFigure& figure : figures) {
    if (figure.metric.empty()) continue;
    if (std::none_of(labels.begin(), labels.end(), [&](const auto& label) { return label.first == figure.label_id; }))
      labels.emplace_back(figure.label_id, figure.label_name);
    values[{figure.label_id, figure.metric}].push_back(figure.value);
  }
  std::vector<std::string> headings{"class"};
  for (const Reached& metric : metrics) headings.push_back(heading(metric));
  std::vector<std::vector<Cell>> rows;
  for (const auto& [id, name] : labels) {
    rows.push_back({{html_escape(!name.empty() ? name
                                 : id < 0      ? "whole case"
                                               : "label " + std::to_string(id)),
                     std::to_string(id)}});
    for (const Reached& metric : metrics) {
      const Spread of = spread(values[{id, metric.metric}]);
      if (of.counted + of.undefined == 0) {
        rows.back().push_back({"", "-1e300", true});
        continue;
      }
      rows.back().push_back({fmt::format("{}<small>median {}{}</small>", with_deviation(of.mean, of.deviation),
                                         fixed(of.median), of.undefined ? fmt::format(" · {} undefined", of.undefined) : ""),
                             format_real(of.mean), true});
    }
  }
  return html::table(headings, rows);
}

// What metrics say of all cases together, as summary.json has it.
std::string whole_table(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return "";
  const auto content = nlohmann::json::parse(read_file(file), nullptr, false);
  if (!content.is_object() || !content.contains("over_all_cases")) return "";
  std::vector<std::vector<Cell>> rows;
  for (const auto& one : content.at("over_all_cases")) {
    const double value = one.at("value").is_number() ? one.at("value").get<double>() : std::nan("");
    rows.push_back({{html_escape(one.value("metric", ""))},
                    {fixed(value), std::isfinite(value) ? format_real(value) : "-1e300", true},
                    {html_escape(one.value("unit", ""))},
                    {html_escape(one.value("rule", ""))}});
  }
  return rows.empty() ? "" : "<h3>Over all cases</h3>\n" + html::table({"figure", "value", "unit", "rule"}, rows);
}

// One row a case, one column for each metric of each label.
std::string case_table(const std::vector<CaseFigure>& figures, const std::vector<Reached>& metrics) {
  std::vector<std::string> cases, columns;
  std::map<std::string, std::map<std::string, const CaseFigure*>> cells;
  std::map<std::string, std::set<std::string>> remarks;
  std::set<std::int64_t> labels;
  for (const CaseFigure& figure : figures) labels.insert(figure.label_id);
  for (const Reached& metric : metrics)
    for (const CaseFigure& figure : figures) {
      if (figure.metric != metric.metric) continue;
      const std::string column =
          labels.size() > 1 && figure.label_id >= 0 ? figure.label_name + ": " + metric.metric : heading(metric);
      if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
      cells[figure.case_id][column] = &figure;
    }
  for (const CaseFigure& figure : figures) {
    if (std::find(cases.begin(), cases.end(), figure.case_id) == cases.end()) cases.push_back(figure.case_id);
    if (figure.status != "ok" && !figure.status.empty())
      remarks[figure.case_id].insert(figure.metric.empty() ? figure.status : figure.metric + " " + figure.status);
  }
  std::vector<std::string> headings{"case"};
  headings.insert(headings.end(), columns.begin(), columns.end());
  if (!remarks.empty()) headings.push_back("remarks");
  std::vector<std::vector<Cell>> rows;
  for (const auto& name : cases) {
    rows.push_back({{html_escape(name)}});
    for (const auto& column : columns) {
      const auto found = cells[name].find(column);
      const double value = found == cells[name].end() ? std::nan("") : found->second->value;
      rows.back().push_back({fixed(value), std::isfinite(value) ? format_real(value) : "-1e300", true});
    }
    if (!remarks.empty()) rows.back().push_back({html_escape(join({remarks[name].begin(), remarks[name].end()}, "; "))});
  }
  return html::table(headings, rows);
}

std::string overlays(const EvaluatedStage& stage, const std::vector<Label>& labels) {
  if (stage.overlays.empty()) return "";
  std::string legend;
  for (const Label& label : labels) {
    if (label.id == 0) continue;
    const auto colour = label_colour(label);
    legend += fmt::format("<span><i class='key' style='background:rgb({},{},{})'></i>{}</span>", colour[0], colour[1],
                          colour[2], html_escape(label.name));
  }
  std::string shots;
  for (const Overlay& overlay : stage.overlays) {
    std::string caption = html_escape(overlay.case_id);
    if (overlay.slice >= 0) caption += fmt::format(", slice {}", overlay.slice);
    if (std::isfinite(overlay.dice)) caption += fmt::format("<br><span class='soft'>Dice {}</span>", fixed(overlay.dice));
    shots += fmt::format("<figure class='shot'>{}<figcaption>{}</figcaption></figure>\n",
                         html::picture(overlay.png, "overlay of " + overlay.case_id), caption);
  }
  return fmt::format(
      "<h3>Pictures</h3>\n<div class='legend'><span>tint: prediction, outline: truth</span>{}</div>\n<div "
      "class='shots'>{}</div>\n",
      legend, shots);
}

}  // namespace

std::string with_deviation(double mean, double deviation) {
  return std::isfinite(mean) && std::isfinite(deviation) ? fixed(mean) + " ± " + fixed(deviation) : fixed(mean);
}

std::string verdict(const std::vector<ReadStage>& stages) {
  const auto metrics = metrics_of(stages);
  if (metrics.empty()) return "";
  const Reached& main = metrics.front();
  const std::string name = main.metric == "dice" ? "Dice" : html_escape(heading(main));
  std::string tiles;
  std::vector<std::string> sentence;
  for (const auto& [method, repeats] : by_method(stages)) {
    const MethodFigure figure = figure_of(repeats, main.metric);
    if (!std::isfinite(figure.mean)) continue;
    const std::string deviation = std::isfinite(figure.deviation) ? " ± " + fixed(figure.deviation) : "";
    tiles += fmt::format("<div class='tile'><span>{}</span><b>{}<small>{}</small></b><span>mean {} {}</span></div>",
                         html_escape(method), fixed(figure.mean), deviation, name, what_spread(repeats));
    sentence.push_back(fmt::format("<b>{}</b> reaches a mean {} of <b>{}</b>", html_escape(method), name, fixed(figure.mean)));
  }
  if (tiles.empty()) return "";
  return fmt::format("<p class='lead'>{}.</p>\n<div class='tiles'>{}</div>\n", join(sentence, ", "), tiles);
}

std::string comparison(const std::vector<ReadStage>& stages) {
  if (stages.size() < 2) return "";
  const auto metrics = metrics_of(stages);
  if (metrics.empty()) return "";
  std::vector<std::string> headings{"method"};
  for (const Reached& metric : metrics) headings.push_back(heading(metric));
  headings.push_back("spread");
  std::vector<std::vector<Cell>> rows;
  std::vector<Bar> bars;
  for (const auto& [method, repeats] : by_method(stages)) {
    rows.push_back({{html_escape(method)}});
    for (const Reached& metric : metrics) {
      const MethodFigure figure = figure_of(repeats, metric.metric);
      const auto missing = figure.undefined > 0 ? fmt::format("<small>{} undefined</small>", figure.undefined) : "";
      rows.back().push_back({with_deviation(figure.mean, figure.deviation) + missing,
                             std::isfinite(figure.mean) ? format_real(figure.mean) : "-1e300", true});
      if (&metric == &metrics.front()) bars.push_back({method, figure.mean, figure.deviation});
    }
    rows.back().push_back({what_spread(repeats)});
  }
  std::string text =
      "<p class='small'>Means over foreground classes of each class's mean over cases.</p>\n" + html::table(headings, rows);
  if (bars.size() > 1) text += "<div class='charts'>" + bar_chart(heading(metrics.front()), bars) + "</div>\n";

  std::vector<std::vector<Cell>> single;
  const bool repeated =
      std::any_of(stages.begin(), stages.end(), [](const ReadStage& stage) { return !stage.stage->group.empty(); });
  for (const ReadStage& stage : stages) {
    single.push_back({{html_escape(stage.stage->method)}, {html_escape(stage.stage->group)}, {html_escape(stage.stage->name)}});
    for (const Reached& metric : metrics) {
      const MethodFigure figure = figure_of({&stage}, metric.metric);
      single.back().push_back({with_deviation(figure.mean, figure.deviation),
                               std::isfinite(figure.mean) ? format_real(figure.mean) : "-1e300", true});
    }
  }
  headings.pop_back();
  headings.insert(headings.begin() + 1, {"repetition", "stage"});
  if (repeated)
    text += "<details><summary>Each repetition (mean ± deviation over cases)</summary>" + html::table(headings, single) +
            "</details>\n";
  return text;
}

std::string evaluated_section(const ReadStage& read, const std::vector<Label>& labels) {
  const auto metrics = metrics_of({read});
  std::string text = fmt::format("<p class='soft'>{}{}</p>\n", counted(count_cases(read.figures), "case"),
                                 read.stage->method.empty() ? "" : " · " + html_escape(read.stage->method));
  if (metrics.empty()) return text + "<p>No figures: no case has a truth to compare with.</p>\n";
  text += "<h3>By class</h3>\n" + class_table(read.figures, metrics);
  std::vector<std::string> rules;
  for (const Reached& metric : metrics)
    if (!metric.rule.empty()) rules.push_back(fmt::format("{}: {}", metric.metric, metric.rule));
  text += "<p class='small'>Mean ± standard deviation over cases; undefined figures are left out and counted.";
  if (!rules.empty()) text += " Rules: " + html_escape(join(rules, "; ")) + ".";
  text += "</p>\n" + whole_table(read.stage->folder / "summary.json") + overlays(*read.stage, labels);
  return text + "<h3>By case</h3>\n" + case_table(read.figures, metrics);
}

}  // namespace plexus
