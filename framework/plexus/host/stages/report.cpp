#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/case_writer.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/report/report.hpp>

namespace plexus {
namespace {

// Mean Dice over the foreground of each case, as cases.csv tells, best first.
std::vector<std::pair<double, std::string>> ranked_cases(const std::filesystem::path& file) {
  std::map<std::string, std::vector<double>> dice;
  const Table table = Table::parse_csv(read_file(file), file.string());
  for (const auto& row : table.rows())
    if (row.size() == 8 && row[3] == "dice") {
      const double value = parse_real(row[4]).value_or(std::nan(""));
      if (!std::isnan(value)) dice[row[0]].push_back(value);
    }
  std::vector<std::pair<double, std::string>> ranked;
  for (const auto& [id, values] : dice) {
    double sum = 0;
    for (const double value : values) sum += value;
    ranked.emplace_back(sum / static_cast<double>(values.size()), id);
  }
  std::sort(ranked.rbegin(), ranked.rend());
  return ranked;
}

class Report final : public Stage {
 public:
  Report(Place where, const Node& body) : Stage(std::move(where)) { bind_stage(settings_, options_, place_, body); }

  // Everything before it.
  void connect(const Pipeline& pipeline) override {
    for (const auto& stage : pipeline.stages())
      if (stage.get() != this && stage->kind() != "report") needs_.push_back(stage->name());
  }
  std::vector<std::string> needs() const override { return needs_; }
  std::vector<std::string> outputs() const override { return {"report.html"}; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    node.erase("data");
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    std::vector<std::string> files;
    for (const std::string& need : needs_) {
      const Stage& stage = *run.pipeline().find(need);
      for (const std::string& output : stage.outputs()) files.push_back((run.folder(stage) / output).string());
    }
    return files;
  }

  std::string run(Run& run) override {
    ReportInput input;
    input.title = settings_.title.empty() ? run.pipeline().settings().name : settings_.title;
    input.folder = run.settings().folder;
    std::set<std::string> notes;
    for (const auto& stage : run.pipeline().stages()) {
      if (!run.records().contains(stage->name())) continue;
      const nlohmann::json& record = run.records()[stage->name()];
      if (stage->kind() == "train") {
        input.trained.push_back(trained(run, *stage, record));
        for (const auto& note : record.value("notes", nlohmann::json::array())) notes.insert(note.get<std::string>());
      } else if (stage->kind() == "evaluate" && record.value("state", "") == "done") {
        input.evaluated.push_back(evaluated(run, *stage, input.labels));
      }
    }
    input.notes.assign(notes.begin(), notes.end());
    write_report(input);
    return (input.folder / "report.html").string();
  }

 private:
  static TrainedStage trained(const Run& run, const Stage& stage, const nlohmann::json& record) {
    TrainedStage trained;
    trained.name = stage.name();
    trained.folder = run.folder(stage);
    trained.steps = record.value("steps", std::int64_t{0});
    trained.seconds = record.value("fit_seconds", std::nan(""));
    trained.seconds_per_step = record.value("seconds_per_step", std::nan(""));
    trained.peak_bytes = record.value("peak_bytes", std::uint64_t{0});
    if (const auto best = record.find("best"); best != record.end()) {
      trained.best_score = best->value("value", std::nan(""));
      trained.best_step = best->value("step", std::int64_t{0});
    }
    return trained;
  }

  EvaluatedStage evaluated(const Run& run, const Stage& stage, std::vector<Label>& labels) const {
    EvaluatedStage evaluated;
    evaluated.name = stage.name();
    evaluated.folder = run.folder(stage);
    for (const auto& [variable, value] : stage.place().variables)
      evaluated.group += (evaluated.group.empty() ? "" : ", ") + variable + "=" + value;
    const Stage& predicted = *run.pipeline().find(stage.needs().front());
    evaluated.method = predicted.place().base_name;
    for (const std::string& need : predicted.needs())
      if (const Stage* model = run.pipeline().find(need); model->kind() == "train") evaluated.method = model->place().base_name;
    const auto& record = run.records()[predicted.name()];
    evaluated.seconds_per_case = record.value("seconds_per_case", std::nan(""));
    // Several ways to predict with one model are methods of their own; NAME-5, NAME-20, … are points of one curve.
    std::size_t ways = 0;
    for (const auto& other : run.pipeline().stages())
      ways += other->kind() == "predict" && other->needs() == predicted.needs() ? 1 : 0;
    if (ways > 1 && !predicted.needs().empty()) {
      const std::string& name = predicted.place().base_name;
      evaluated.curve = name.substr(0, name.find_last_not_of("0123456789") + 1);
      if (evaluated.curve.size() > 1 && evaluated.curve.back() == '-') evaluated.curve.pop_back();
      if (evaluated.curve.empty()) evaluated.curve = name;
      evaluated.method = name;
    }
    // A stage that nobody named says nothing: the method's own name does.
    if (evaluated.method.rfind("train", 0) == 0 || evaluated.method.rfind("predict", 0) == 0)
      evaluated.method = record.value("method", evaluated.method);
    const auto data = (stage.data() != nullptr ? stage.data() : predicted.data())->make(run);
    labels = data->info().labels;
    if (settings_.overlays > 0) evaluated.overlays = overlays(run, stage, predicted, *data, labels);
    return evaluated;
  }

  // Pictures of the best and the worst cases; a case that cannot be drawn is named in the log and left out.
  std::vector<Overlay> overlays(const Run& run, const Stage& stage, const Stage& predicted, const Dataset& data,
                                const std::vector<Label>& labels) const {
    const auto ranked = ranked_cases(run.folder(stage) / "cases.csv");
    const auto shown = static_cast<std::size_t>(settings_.overlays);
    std::vector<std::pair<double, std::string>> chosen;
    for (std::size_t i = 0; i < ranked.size(); ++i)
      if (i < shown || i + shown >= ranked.size()) chosen.push_back(ranked[i]);
    std::map<std::string, std::size_t> places;
    for (const std::size_t index : data.subset(predicted.subset())) places[data.describe(index).case_id] = index;
    std::vector<Overlay> pictures;
    for (const auto& [dice, id] : chosen) try {
        Rng rng;
        const Sample sample = data.get(places.at(id), rng);
        at::Tensor prediction = read_volume(CaseWriter::label_file(run.folder(predicted) / "predictions", id)).data.squeeze(0);
        if (sample.fields.at("label").dim() == 2) prediction = prediction.squeeze(0);
        pictures.push_back(draw_overlay(id, dice, sample.fields.at("image"), sample.fields.at("label"), prediction, sample.geometry, labels));
        const auto map = CaseWriter::map_file(run.folder(predicted) / "predictions", id, "uncertainty");
        if (!std::filesystem::exists(map)) continue;
        at::Tensor doubt = read_volume(map).data;
        if (sample.fields.at("label").dim() == 2) doubt = doubt.squeeze(1);
        pictures.push_back(draw_overlay(id + ", uncertainty", std::nan(""), doubt, sample.fields.at("label"), at::zeros_like(prediction),
                                        sample.geometry, labels));
      } catch (const std::exception& error) {
        log::warning("no picture of case " + id + ": " + error.what());
      }
    return pictures;
  }

  ReportStage settings_;
  Options options_;
  std::vector<std::string> needs_;
};

}  // namespace

std::unique_ptr<Stage> make_report_stage(Stage::Place place, const Node& body, Plugins&) {
  return std::make_unique<Report>(std::move(place), body);
}

}  // namespace plexus
