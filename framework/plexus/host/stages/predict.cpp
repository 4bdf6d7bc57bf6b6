#include <chrono>

#include <nlohmann/json.hpp>

#include <plexus/base/counted.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/host/case_writer.hpp>
#include <plexus/host/model_source.hpp>
#include <plexus/host/prepared_dataset.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
namespace {

class Predict final : public Stage {
 public:
  Predict(Place where, const Node& body, Plugins& plugins) : Stage(std::move(where)), plugins_(plugins) {
    ErrorList errors;
    errors.attempt([&] { bind_stage(settings_, options_, place_, body); });
    errors.attempt([&] { data_ = DataSource(plugins, settings_.data, place_); });
    errors.attempt([&] {
      model_ = ModelSource(plugins, settings_.model, settings_.checkpoint, settings_.weights, place_);
    });
    errors.raise();
  }

  void connect(const Pipeline& pipeline) override {
    model_.connect(pipeline, *this);
    model_.check(pipeline, plugins_, settings_.changes);
  }
  std::vector<std::string> needs() const override {
    auto all = data_.needs();
    for (const auto& stage : model_.needs()) all.push_back(stage);
    return all;
  }
  void check(const Run& run) const override {
    ErrorList errors;
    errors.attempt([&] { data_.check(run, {settings_.subset}); });
    errors.attempt([&] { model_.check_files(); });
    errors.raise();
  }
  std::vector<std::string> outputs() const override { return {"predictions"}; }
  const DataSource* data() const override { return &data_; }
  std::string subset() const override { return settings_.subset; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    set_part(node, "data", data_.resolved(results_only));
    model_.resolve(node, results_only);
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    auto files = data_.make(run)->files();
    for (const auto& file : model_.files(run)) files.push_back(file);
    return files;
  }

  std::string run(Run& run) override {
    const TrainedModel trained = model_.load(run, data_.make(run)->info(), settings_.changes);
    if (!model_.stage().empty()) run.record(*this, "model", model_.stage());
    run.record(*this, "method", trained.plugin);
    const PreparedDataset data(data_.make(run), trained.preprocess);
    const std::filesystem::path folder = run.folder(*this) / "predictions";
    const std::vector<std::size_t> indices = data.subset(settings_.subset);
    if (indices.empty()) throw Error(ErrorKind::data, "the subset '" + settings_.subset + "' is empty", "data");
    require_free(folder, indices.size() * (4u << 20), "predicting " + counted(indices.size(), "case"));
    CaseWriter writer(folder, trained.preprocess);
    const Rng key = prediction_key(static_cast<std::uint64_t>(place().seed));
    HostContext context(key, run.device());
    Progress progress("predict " + name(), static_cast<std::int64_t>(indices.size()), "cases");
    std::int64_t failed = 0;
    double seconds = 0;
    for (const std::size_t index : indices) {
      throw_if_stopped();
      const std::string id = data.describe(index).case_id;
      try {
        Rng rng = key.fork(id);
        Sample sample = data.get(index, rng);
        const auto begin = std::chrono::steady_clock::now();
        const Prediction prediction = predict_scan(trained, sample, context);
        seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        writer.write(sample, prediction);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::data || !run.settings().keep_going) throw;
        log::error("case " + id + ": " + error.what());
        ++failed;
      }
      progress.advance(1, id);
    }
    progress.finish();
    writer.finish();
    run.failed_cases(failed);
    const auto predicted = static_cast<std::int64_t>(indices.size()) - failed;
    if (predicted > 0) run.record(*this, "seconds_per_case", seconds / static_cast<double>(predicted));
    return std::to_string(static_cast<std::int64_t>(indices.size()) - failed) + " of " + std::to_string(indices.size()) +
           " cases in " + folder.string();
  }

 private:
  Plugins& plugins_;
  PredictStage settings_;
  Options options_;
  DataSource data_;
  ModelSource model_;
};

}  // namespace

std::unique_ptr<Stage> make_predict_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Predict>(std::move(place), body, plugins);
}

}  // namespace plexus
