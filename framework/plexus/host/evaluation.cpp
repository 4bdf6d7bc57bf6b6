#include <cmath>
#include <iterator>
#include <limits>
#include <map>

#include <nlohmann/json.hpp>

#include <plexus/base/counted.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/evaluation.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
using nlohmann::json;
namespace {

// Values of one label and metric over the cases.
struct Series {
  std::vector<double> values;
  std::int64_t undefined = 0;
  std::string unit;

  void add(const Measurement& measurement) {
    unit = measurement.unit;
    if (std::isnan(measurement.value))
      ++undefined;
    else
      values.push_back(measurement.value);
  }
  double mean() const {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  }
  double deviation() const {
    const double centre = mean();
    double sum = 0;
    for (const double value : values) sum += (value - centre) * (value - centre);
    return values.empty() ? centre : std::sqrt(sum / static_cast<double>(values.size()));
  }
};

using Summary = std::map<std::int64_t, std::map<std::string, Series>>;

Summary summarise(const std::vector<CaseResult>& cases) {
  Summary summary;
  for (const CaseResult& result : cases)
    for (const Measurement& measurement : result.measurements) summary[measurement.label_id][measurement.metric].add(measurement);
  return summary;
}

std::string label_name(const DataInfo& info, std::int64_t id) {
  for (const Label& label : info.labels)
    if (label.id == id) return label.name;
  return id < 0 ? "case" : std::to_string(id);
}

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

std::string fixed(double value) {
  if (!std::isfinite(value)) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

// What the metrics say of all cases together.
std::vector<Measurement> over_all_cases(const std::vector<CaseResult>& cases,
                                        const std::vector<std::shared_ptr<const Metric>>& metrics) {
  std::vector<std::vector<Measurement>> measured;
  for (const CaseResult& result : cases)
    if (result.error.empty()) measured.push_back(result.measurements);
  std::vector<Measurement> all;
  for (const auto& metric : metrics) {
    auto figures = metric->summary(measured);
    std::move(figures.begin(), figures.end(), std::back_inserter(all));
  }
  return all;
}

json figures(const std::map<std::string, Series>& metrics) {
  json all = json::object();
  for (const auto& [metric, series] : metrics) all[metric] = number(series.mean());
  return all;
}

}  // namespace

CaseResult evaluate_case(const std::string& id, const std::vector<std::shared_ptr<const Metric>>& metrics,
                        const std::function<std::pair<Prediction, Sample>()>& read) {
  CaseResult result;
  result.id = id;
  try {
    const auto [prediction, truth] = read();
    result.measurements = measure_case(metrics, prediction, truth);
  } catch (const std::exception& error) {
    result.error = error.what();
  }
  return result;
}

void write_evaluation(const std::filesystem::path& folder, const std::vector<CaseResult>& cases,
                      const std::vector<std::shared_ptr<const Metric>>& metrics, const DataInfo& info) {
  Table table({"case", "label_id", "label_name", "metric", "value", "unit", "rule", "status"});
  json per_case = json::array();
  for (const CaseResult& result : cases) {
    if (!result.error.empty()) {
      table.add({result.id, "", "", "", "", "", "", "failed: " + result.error});
      continue;
    }
    json metrics_of_case = json::object();
    for (const Measurement& m : result.measurements) {
      table.add({result.id, m.label_id < 0 ? "" : std::to_string(m.label_id), label_name(info, m.label_id), m.metric,
                 std::isnan(m.value) ? "nan" : format_real(m.value), m.unit, m.rule, m.status});
      metrics_of_case[m.label_id < 0 ? "case" : std::to_string(m.label_id)][m.metric] = number(m.value);
    }
    per_case.push_back({{"case", result.id}, {"prediction_file", result.prediction_file}, {"reference_file", result.reference_file}, {"metrics", metrics_of_case}});
  }
  const Summary summary = summarise(cases);
  json mean = json::object(), deviation = json::object(), undefined = json::object();
  std::map<std::string, Series> foreground;
  for (const auto& [label, by_metric] : summary) {
    const std::string key = label < 0 ? "case" : std::to_string(label);
    mean[key] = figures(by_metric);
    for (const auto& [metric, series] : by_metric) {
      deviation[key][metric] = number(series.deviation());
      undefined[key][metric] = series.undefined;
      if (label > 0 && !series.values.empty()) foreground[metric].values.push_back(series.mean());
    }
  }
  json whole = json::array();
  for (const Measurement& m : over_all_cases(cases, metrics))
    whole.push_back({{"metric", m.metric}, {"label", m.label_id}, {"value", number(m.value)}, {"unit", m.unit}, {"rule", m.rule}});
  json failed = json::array();
  for (const CaseResult& result : cases)
    if (!result.error.empty()) failed.push_back({{"case", result.id}, {"error", result.error}});
  write_file(folder / "cases.csv", table.csv());
  write_file(folder / "summary.json",
             json{{"foreground_mean", figures(foreground)}, {"mean", mean}, {"std", deviation}, {"undefined", undefined},
                  {"metric_per_case", per_case}, {"over_all_cases", whole}, {"failed", failed}}
                     .dump(2) +
                 "\n");
}

std::string evaluation_table(const std::vector<CaseResult>& cases, const DataInfo& info,
                             const std::vector<std::shared_ptr<const Metric>>& metrics) {
  const Summary summary = summarise(cases);
  Table table({"label", "metric", "mean", "std", "cases", "undefined", "unit"});
  for (const auto& [label, by_metric] : summary)
    for (const auto& [metric, series] : by_metric)
      table.add({label_name(info, label), metric, fixed(series.mean()), fixed(series.deviation()), std::to_string(series.values.size()),
                 std::to_string(series.undefined), series.unit});
  const auto whole = over_all_cases(cases, metrics);
  if (whole.empty()) return table.text();
  Table figures({"over all cases", "value", "unit", "rule"});
  for (const Measurement& m : whole) figures.add({m.metric, fixed(m.value), m.unit, m.rule});
  return table.text() + figures.text();
}

std::string headline(const std::vector<CaseResult>& cases) {
  const Summary summary = summarise(cases);
  std::string metric;
  for (const CaseResult& result : cases)
    if (metric.empty() && !result.measurements.empty()) metric = result.measurements.front().metric;
  Series over_labels;
  bool foreground = false;
  for (const auto& [label, by_metric] : summary) {
    const auto found = by_metric.find(metric);
    if (label == 0 || found == by_metric.end()) continue;
    foreground = foreground || label > 0;
    if (!found->second.values.empty()) over_labels.values.push_back(found->second.mean());
  }
  return std::string("mean ") + (foreground ? "foreground " : "") + metric + " " + fixed(over_labels.mean()) + " over " +
         counted(cases.size(), "case");
}

}  // namespace plexus
