#include <chrono>

#include <nlohmann/json.hpp>

#include <plexus/base/log.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/host/case_writer.hpp>
#include <plexus/host/prepared_dataset.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/host/trained_model.hpp>
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
      if (settings_.checkpoint.empty()) {
        if (!settings_.model.is_null() && !settings_.model.is_scalar())
          throw Error(ErrorKind::configuration, "stage '" + name() + "' has a model but no weights", settings_.model.at().text(),
                      "name a train stage, or give `checkpoint: FILE`");
      } else if (!settings_.model.is_null()) {
        model_ = model_part(plugins, settings_.model, "model");
      }
    });
    errors.raise();
  }

  void connect(const Pipeline& pipeline) override {
    if (!settings_.checkpoint.empty()) return;
    if (settings_.model.is_scalar()) {
      trained_ = settings_.model.text();
    } else {
      for (const auto& stage : pipeline.stages())
        if (stage->kind() == "train" && stage->place().variables == place().variables) trained_ = stage->name();
      if (trained_.empty())
        throw Error(ErrorKind::configuration, "stage '" + name() + "' names no model, and no train stage is before it",
                    place().at.text(), "give `model: STAGE`, or `checkpoint: FILE`");
    }
    if (const Stage* stage = pipeline.find(trained_); stage != nullptr && stage->kind() != "train")
      throw Error(ErrorKind::configuration, "stage '" + trained_ + "' is of kind " + stage->kind() + ", not train", place().at.text());
    if (settings_.options.is_null()) return;
    // A mistake in them must not wait for the end of the training.
    const Stage* stage = pipeline.find(trained_);
    if (stage == nullptr) return;
    const Node resolved = stage->resolved(false);
    const Node* model = resolved.find("model");
    if (model == nullptr) return;
    Node changed = *model;
    for (const auto& [key, value] : settings_.options.entries()) changed.set(key, value);
    model_part(plugins_, changed, "options");
  }

  std::vector<std::string> needs() const override {
    auto all = data_.needs();
    if (!trained_.empty()) all.push_back(trained_);
    return all;
  }
  std::vector<std::string> outputs() const override { return {"predictions"}; }
  const DataSource* data() const override { return &data_; }
  std::string subset() const override { return settings_.subset; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    set_part(node, "data", data_.resolved(results_only));
    if (model_) set_part(node, "model", model_.resolved(results_only));
    if (!trained_.empty()) node.set("model", Node::scalar(trained_));
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    auto files = data_.make(run)->files();
    files.push_back(checkpoint(run).string());
    return files;
  }

  std::string run(Run& run) override {
    const TrainedModel trained = load(run);
    if (!trained_.empty()) run.record(*this, "model", trained_);
    run.record(*this, "method", trained.plugin);
    const PreparedDataset data(data_.make(run), trained.preprocess);
    const std::filesystem::path folder = run.folder(*this) / "predictions";
    const std::vector<std::size_t> indices = data.subset(settings_.subset);
    if (indices.empty()) throw Error(ErrorKind::data, "the subset '" + settings_.subset + "' is empty", "data");
    require_free(folder, indices.size() * (4u << 20), "predicting " + std::to_string(indices.size()) + " cases");
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
        const Prediction prediction = predict_case(*trained.model, sample, context);
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
  std::filesystem::path checkpoint(const Run& run) const {
    return trained_.empty() ? std::filesystem::path(settings_.checkpoint)
                            : run.checkpoint(*run.pipeline().find(trained_), settings_.weights);
  }

  TrainedModel load(Run& run) const {
    if (!trained_.empty()) return load_trained(run.plugins(), checkpoint(run), settings_.weights, settings_.options, run.device());
    return load_any(run.plugins(), checkpoint(run), settings_.model, data_.make(run)->info(), settings_.weights, run.device());
  }

  Plugins& plugins_;
  PredictStage settings_;
  Options options_;
  DataSource data_;
  Part<ModelBuilder> model_;
  std::string trained_;
};

}  // namespace

std::unique_ptr<Stage> make_predict_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Predict>(std::move(place), body, plugins);
}

}  // namespace plexus
