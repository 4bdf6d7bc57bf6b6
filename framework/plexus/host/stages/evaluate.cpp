#include <map>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <plexus/base/counted.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/case_writer.hpp>
#include <plexus/host/evaluation.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>

namespace plexus {
namespace {

using Values = CaseWriter::Values;

class Evaluate final : public Stage {
 public:
  Evaluate(Place where, const Node& body, Plugins& plugins) : Stage(std::move(where)), plugins_(plugins), body_(body) {
    ErrorList errors;
    errors.attempt([&] { bind_stage(settings_, options_, place_, body); });
    errors.attempt([&] { metrics_ = metric_parts(plugins, settings_.metrics, "metrics"); });
    errors.raise();
  }

  void connect(const Pipeline& pipeline) override {
    const Stage* predicted = settings_.of.empty() ? pipeline.latest("predict", place().variables) : pipeline.find(settings_.of);
    if (predicted == nullptr || predicted->kind() != "predict")
      throw Error(ErrorKind::configuration,
                  settings_.of.empty() ? "stage '" + name() + "' has no predict stage before it"
                                       : "stage '" + name() + "' evaluates '" + settings_.of + "', which is no predict stage before it",
                  place().at.text(), "give `of: STAGE`");
    settings_.of = predicted->name();
    subset_ = predicted->subset();
    if (body_.find("data") != nullptr) data_ = std::make_unique<DataSource>(plugins_, settings_.data, place_);
  }

  std::vector<std::string> needs() const override { return {settings_.of}; }
  void check(const Run& run) const override {
    if (data_) data_->check(run, {subset_});
  }
  std::vector<std::string> outputs() const override { return {"cases.csv", "summary.json"}; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    set_part(node, "data", data_ ? data_->resolved(results_only) : Node());
    set_part(node, "metrics", part_list(metrics_, results_only));
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    std::vector<std::string> files;
    const auto folder = run.folder(*run.pipeline().find(settings_.of)) / "predictions";
    if (std::filesystem::is_directory(folder))
      for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path().string());
    return files;
  }

  std::string run(Run& run) override {
    const Stage& predicted = *run.pipeline().find(settings_.of);
    const auto folder = run.folder(predicted) / "predictions";
    const auto data = (data_ ? data_.get() : predicted.data())->make(run);
    const DataInfo info = data->info();
    const auto metrics = make_metrics(metrics_, info);
    const auto indices = data->subset(predicted.subset());
    require_free(run.folder(*this), (16u << 20) + indices.size() * (64u << 10), "evaluating " + counted(indices.size(), "case"));
    const Values values = CaseWriter::read_values(folder);

    std::vector<CaseResult> cases(indices.size());
    Progress progress("evaluate " + name(), static_cast<std::int64_t>(indices.size()), "cases");
    tbb::task_arena arena(std::max(1, run.settings().jobs));
    arena.execute([&] {
      tbb::parallel_for(std::size_t{0}, indices.size(), [&](std::size_t i) {
        if (stop_requested()) return;
        const std::string id = data->describe(indices[i]).case_id;
        const auto file = CaseWriter::label_file(folder, id);
        cases[i] = evaluate_case(id, metrics, [&] { return read_case(*data, indices[i], file, values, id); });
        if (std::filesystem::exists(file)) cases[i].prediction_file = file.string();
        progress.advance();
      });
    });
    throw_if_stopped();
    progress.finish();
    std::int64_t failed = 0;
    for (const CaseResult& result : cases)
      if (!result.error.empty()) {
        log::error("case " + result.id + ": " + result.error);
        ++failed;
      }
    write_evaluation(run.folder(*this), cases, metrics, info);
    run.failed_cases(failed);
    run.record(*this, "of", settings_.of);
    log::info("stage " + name() + ":\n" + evaluation_table(cases, info, metrics));
    return headline(cases);
  }

 private:
  static std::pair<Prediction, Sample> read_case(const Dataset& data, std::size_t index, const std::filesystem::path& file,
                                                 const Values& values, const std::string& id) {
    const auto numbers = values.find(id);
    const bool mapped = std::filesystem::exists(file);
    // Methods that predict numbers alone write no label map.
    if (!mapped && numbers == values.end())
      throw Error(ErrorKind::data, "has no prediction", file.string(), "run the predict stage again");
    Rng rng;
    std::pair<Prediction, Sample> both;
    both.second = data.get(index, rng);
    if (numbers != values.end()) both.first.values = numbers->second;
    if (!mapped) return both;
    at::Tensor label = read_volume(file).data.squeeze(0).to(at::kLong);
    const auto truth = both.second.fields.find("label");
    if (truth == both.second.fields.end()) throw Error(ErrorKind::data, "has no label to compare with", id);
    if (truth->second.dim() == 2) label = label.squeeze(0);
    if (label.sizes() != truth->second.sizes())
      throw Error(ErrorKind::data, "the prediction's grid differs from the label's", file.string(), "predict this case again");
    both.first.fields["label"] = label;
    for (const char* name : {"score", "uncertainty"}) {
      const auto map = CaseWriter::map_file(file.parent_path(), id, name);
      if (!std::filesystem::exists(map)) continue;
      const at::Tensor values_of = read_volume(map).data;  // [K, D, H, W]
      both.first.fields[name] = label.dim() == 2 ? values_of.squeeze(1) : values_of;
    }
    return both;
  }

  Plugins& plugins_;
  Node body_;
  std::string subset_;  // of the stage that predicted
  EvaluateStage settings_;
  Options options_;
  std::unique_ptr<DataSource> data_;
  std::vector<Part<MetricBuilder>> metrics_;
};

}  // namespace

std::unique_ptr<Stage> make_evaluate_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Evaluate>(std::move(place), body, plugins);
}

}  // namespace plexus
