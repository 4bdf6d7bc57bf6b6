#include <torch/nn/module.h>

#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/host/loads.hpp>
#include <plexus/host/prepared_dataset.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/host/trained_model.hpp>
#include <plexus/report/pictures.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
namespace {

class Train final : public Stage {
 public:
  Train(Place where, const Node& body, Plugins& plugins) : Stage(std::move(where)) {
    ErrorList errors;
    errors.attempt([&] { bind_stage(settings_, options_, place_, body); });
    errors.attempt([&] { data_ = DataSource(plugins, settings_.data, place_); });
    if (!settings_.model.is_null()) errors.attempt([&] { model_ = model_part(plugins, settings_.model, "model"); });
    if (!settings_.trainer.is_null()) errors.attempt([&] { trainer_ = trainer_part(plugins, settings_.trainer, "trainer"); });
    for (const Node& node : settings_.preprocess)
      errors.attempt([&] { preprocess_.push_back(transform_part(plugins, node, "preprocess")); });
    for (const Node& node : settings_.transforms)
      errors.attempt([&] { transforms_.push_back(transform_part(plugins, node, "transforms")); });
    errors.attempt([&] {
      metrics_ = metric_parts(plugins, settings_.metrics.empty() ? std::vector{Node::scalar("dice")} : settings_.metrics, "metrics");
    });
    errors.attempt([&] { loads_ = Loads(settings_.load); });
    errors.raise();
  }

  void connect(const Pipeline& pipeline) override {
    loads_.connect(pipeline, *this);
    needs_ = data_.needs();
    needs_.insert(needs_.end(), loads_.needs().begin(), loads_.needs().end());
  }
  std::vector<std::string> needs() const override { return needs_; }
  void check(const Run& run) const override {
    ErrorList errors;
    errors.attempt([&] { data_.check(run, {}); });
    errors.attempt([&] { require_files(loads_.files()); });
    errors.raise();
  }
  bool costly() const override { return true; }
  std::vector<std::string> outputs() const override { return {"checkpoints", "metrics.csv"}; }
  const DataSource* data() const override { return &data_; }

  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    set_part(node, "data", data_.resolved(results_only));
    set_part(node, "model", model_.resolved(results_only));
    set_part(node, "trainer", trainer_.resolved(results_only));
    set_part(node, "preprocess", part_list(preprocess_, results_only));
    set_part(node, "transforms", part_list(transforms_, results_only));
    set_part(node, "metrics", part_list(metrics_, results_only));
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    auto files = data_.make(run)->files();
    files.insert(files.end(), loads_.files().begin(), loads_.files().end());
    return files;
  }

  std::string run(Run& run) override {
    const auto seed = static_cast<std::uint64_t>(place().seed);
    const PreparedDataset data(data_.make(run), make_transforms(preprocess_));
    DataInfo info = data.info();
    if (!preprocess_.empty()) info.channels = prepared_channels(data, info.channels);
    for (const std::string& note : info.notes) log::info(note);
    seed_initialisation(seed, name());
    const auto model = model_.make(info);
    const auto loaded = loads_.fill(run, *model);
    for (const Network& network : model->networks())
      if (network.role == Network::Role::frozen && settings_.load.find(network.name) == nullptr)
        throw Error(ErrorKind::configuration, "the network '" + network.name + "' is not trained here, and nothing fills it",
                    place().at.text(), "give `load: {" + network.name + ": STAGE}` or a file");
    const auto trainer = trainer_.make(*model, info);
    check_disk(run, *model);

    FitOptions options = settings_.fit;
    if (options.compute_threads == 0) options.compute_threads = run.settings().compute_threads;
    options.deterministic = options.deterministic || run.settings().deterministic;
    const auto folder = run.folder(*this);
    if (!run.resumable(*this)) std::filesystem::remove_all(folder / "pictures");  // of a training that is begun anew
    const FitInput input{*model, *trainer, data, info, make_transforms(transforms_), make_metrics(metrics_, info),
                         folder, name(), seed, run.device(), run.settings().jobs, run.resumable(*this),
                         describe_model(model_, preprocess_, info, frozen_sources(*model, loaded, folder / "checkpoints")),
                         [folder](std::string_view name, std::int64_t step, const at::Tensor& image) {
                           log_picture(folder, name, step, image);
                         }};
    const FitResult result = fit(input, options);
    run.record(*this, "steps", result.steps);
    run.record(*this, "seconds_per_step", result.seconds_per_step);
    run.record(*this, "fit_seconds", result.seconds);
    run.record(*this, "peak_bytes", result.peak_bytes);
    run.record(*this, "notes", info.notes);
    std::string summary = std::to_string(result.steps) + " steps";
    if (result.best) {
      run.record(*this, "best", {{"value", result.best->value}, {"step", result.best_step}});
      char text[64];
      std::snprintf(text, sizeof text, ", best score %.4f at step %lld", result.best->value, static_cast<long long>(result.best_step));
      summary += text;
    }
    return summary;
  }

 private:
  // A step may change how many there are. `otherwise` where no sample can tell: training, or the loader, says why.
  static std::int64_t prepared_channels(const Dataset& data, std::int64_t otherwise) {
    for (const std::string& subset : data.subsets()) try {
        Rng rng;
        const auto members = data.subset(subset);
        if (!members.empty()) return data.get(members.front(), rng).fields.at("image").size(0);
      } catch (const std::exception&) {
        continue;
      }
    return otherwise;
  }

  // Two checkpoints with weights, two moments and averages, a previous one, and one being written.
  void check_disk(Run& run, Model& model) const {
    std::uint64_t bytes = 0;
    for (const Network& network : model.networks()) {
      for (const auto& tensor : network.module->parameters()) bytes += tensor.nbytes() * (3 + network.averages.size() + settings_.fit.ema.size());
      for (const auto& tensor : network.module->buffers()) bytes += tensor.nbytes();
    }
    require_free(run.folder(*this), 4 * bytes + (16u << 20), "training");
  }

  TrainStage settings_;
  Options options_;
  DataSource data_;
  Part<ModelBuilder> model_;
  Part<TrainerBuilder> trainer_;
  std::vector<Part<TransformBuilder>> preprocess_, transforms_;
  std::vector<Part<MetricBuilder>> metrics_;
  Loads loads_;
  std::vector<std::string> needs_;
};

}  // namespace

std::unique_ptr<Stage> make_train_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Train>(std::move(place), body, plugins);
}

}  // namespace plexus
