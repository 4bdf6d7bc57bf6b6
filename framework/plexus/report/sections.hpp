#pragma once
#include <string>
#include <vector>

#include <plexus/report/figures.hpp>
#include <plexus/report/report.hpp>

namespace plexus {

// An evaluated stage with its cases.csv read.
struct ReadStage {
  const EvaluatedStage* stage;
  std::vector<CaseFigure> figures;
};

// Pieces of the page, as HTML; "" where there is nothing to show.
std::string verdict(const std::vector<ReadStage>& stages);
std::string comparison(const std::vector<ReadStage>& stages);
// Quality against seconds of several ways to predict with one model, where two or more are known.
std::string speed_section(const std::vector<ReadStage>& stages);
std::string trained_section(const TrainedStage& stage);
std::string evaluated_section(const ReadStage& stage, const std::vector<Label>& labels);
std::string warnings_section(const std::filesystem::path& log);        // a log.jsonl
std::string configuration_section(const std::filesystem::path& file);  // a resolved.json
std::string environment_section(const std::filesystem::path& file);    // a run.json

// "0.846 ± 0.031", or an em dash.
std::string with_deviation(double mean, double deviation);

}  // namespace plexus
