#include <plexus/report/figures.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// Mean over the groups of each group's mean, and the deviation of those means.
template <class Key>
Spread over_groups(const std::map<Key, std::vector<double>>& groups) {
  std::vector<double> means;
  for (const auto& [key, values] : groups) means.push_back(spread(values).mean);
  return spread(std::move(means));
}

}  // namespace

std::vector<CaseFigure> read_cases(const std::filesystem::path& file) {
  const Table table = Table::parse_csv(read_file(file), file.string());
  if (join(table.columns(), ",") != "case,label_id,label_name,metric,value,unit,rule,status")
    throw Error(ErrorKind::data, "expected the columns case,label_id,label_name,metric,value,unit,rule,status", file.string());
  std::vector<CaseFigure> figures;
  for (const auto& row : table.rows())
    figures.push_back({row[0], parse_integer(row[1]).value_or(-1), row[2], row[3], parse_real(row[4]).value_or(unknown), row[5],
                       row[6], row[7]});
  return figures;
}

Spread spread(std::vector<double> values) {
  const auto given = values.size();
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  Spread of{unknown, unknown, unknown, values.size(), given - values.size()};
  if (values.empty()) return of;
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  of.mean = sum / n;
  for (const double value : values) squares += (value - of.mean) * (value - of.mean);
  if (values.size() > 1) of.deviation = std::sqrt(squares / (n - 1));
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  of.median = values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return of;
}

std::vector<Reached> reached(const std::vector<CaseFigure>& figures) {
  std::vector<Reached> all;
  for (const CaseFigure& first : figures) {
    if (first.metric.empty() || std::any_of(all.begin(), all.end(), [&](const Reached& r) { return r.metric == first.metric; }))
      continue;
    std::map<std::int64_t, std::vector<double>> by_label;
    std::map<std::string, std::vector<double>> by_case;
    for (const CaseFigure& figure : figures) {
      if (figure.metric != first.metric || figure.label_id == 0) continue;
      by_label[figure.label_id].push_back(figure.value);
      by_case[figure.case_id].push_back(figure.value);
    }
    all.push_back({first.metric, first.unit, first.rule, over_groups(by_label).mean, over_groups(by_case).deviation});
  }
  return all;
}

}  // namespace plexus
