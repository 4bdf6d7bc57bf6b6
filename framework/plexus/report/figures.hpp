#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace plexus {

// A row of cases.csv.
struct CaseFigure {
  std::string case_id;
  std::int64_t label_id = -1;
  std::string label_name, metric;
  double value = 0;  // NaN: not defined
  std::string unit, rule, status;
};

// Reads cases.csv (case,label_id,label_name,metric,value,unit,rule,status). Throws Error(data).
std::vector<CaseFigure> read_cases(const std::filesystem::path& file);

// Of the values that are defined; NaN where too few are.
struct Spread {
  double mean, deviation, median;  // deviation: of the sample (n - 1)
  std::size_t counted = 0, undefined = 0;
};
Spread spread(std::vector<double> values);

// What one stage reached by one metric: the mean over its foreground labels of each label's mean over cases.
struct Reached {
  std::string metric, unit, rule;
  double mean;
  double deviation;  // over cases, of each case's mean over labels
};
std::vector<Reached> reached(const std::vector<CaseFigure>& figures);

}  // namespace plexus
