#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <plexus/sdk/metric.hpp>

namespace plexus {

// What an evaluation found of one case. `error` is set where it could not be measured.
struct CaseResult {
  std::string id, error;
  std::string prediction_file, reference_file;
  std::vector<Measurement> measurements;
};

// Every metric on one case; errors become CaseResult::error.
CaseResult evaluate_case(const std::string& id, const std::vector<std::shared_ptr<const Metric>>& metrics,
                        const std::function<std::pair<Prediction, Sample>()>& read);

// Writes cases.csv (long: case, label_id, label_name, metric, value, unit, rule, status) and summary.json (nnU-Net's shape:
// metric_per_case, mean, foreground_mean; with standard deviations and counts of undefined values beside) into the folder.
void write_evaluation(const std::filesystem::path& folder, const std::vector<CaseResult>& cases,
                      const std::vector<std::shared_ptr<const Metric>>& metrics, const DataInfo& info);

// A table for people: a row a label and metric, mean ± standard deviation over cases; below it the figures over all cases.
std::string evaluation_table(const std::vector<CaseResult>& cases, const DataInfo& info,
                             const std::vector<std::shared_ptr<const Metric>>& metrics);

// One line: the mean of the first metric over foreground labels (of the case, where it has no labels) and cases, undefined
// values left out.
std::string headline(const std::vector<CaseResult>& cases);

}  // namespace plexus
