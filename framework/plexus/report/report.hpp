#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <plexus/report/overlay.hpp>

namespace plexus {

// A finished or stopped training. Figures that are not known stay as they are here.
struct TrainedStage {
  std::string name;
  std::filesystem::path folder;  // its metrics.csv: step,epoch,series,value; series loss/TERM, lr/NAME, val/METRIC/LABEL
  std::int64_t steps = 0;
  double seconds = std::numeric_limits<double>::quiet_NaN();
  double seconds_per_step = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t peak_bytes = 0;
  double best_score = std::numeric_limits<double>::quiet_NaN();
  std::int64_t best_step = 0;
};

struct EvaluatedStage {
  std::string name;
  std::filesystem::path folder;   // its cases.csv
  std::string method;             // stages of one method are one row of the comparison: "diffrect", "supervised"
  std::string group;              // which repetition: "seed=0"; "" where there is one
  std::vector<Overlay> overlays;  // best and worst cases, in the order in which they are to be shown
  std::string curve = "";         // stages of one curve are joined in the plot of quality against seconds; "" in none
  double seconds_per_case = std::numeric_limits<double>::quiet_NaN();  // of its prediction
};

struct ReportInput {
  std::string title;             // "acdc-diffrect"
  std::filesystem::path folder;  // of the run: resolved.json, run.json and log.jsonl are read where they are there
  std::vector<TrainedStage> trained;
  std::vector<EvaluatedStage> evaluated;
  std::vector<Label> labels;       // for the legend of the overlays
  std::vector<std::string> notes;  // of the data sets, once each
};

// Writes folder/report.html: one page that holds everything, opens offline and needs no script to be read. Files that are
// missing or damaged are named in the page instead of stopping it. Throws Error where the page cannot be written.
void write_report(const ReportInput& input);

}  // namespace plexus
