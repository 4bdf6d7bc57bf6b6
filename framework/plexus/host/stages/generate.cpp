#include <ATen/core/grad_mode.h>

#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/collate.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/host/loads.hpp>
#include <plexus/host/prepared_dataset.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/host/trained_model.hpp>
#include <plexus/train/context.hpp>
#include <plexus/train/modes.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
namespace {

class Generate final : public Stage {
 public:
  Generate(Place where, const Node& body, Plugins& plugins) : Stage(std::move(where)) {
    ErrorList errors;
    errors.attempt([&] { bind_stage(settings_, options_, place_, body); });
    errors.attempt([&] { data_ = DataSource(plugins, settings_.data, place_); });
    if (!settings_.model.is_scalar() && !settings_.model.is_null())
      errors.attempt([&] { model_ = model_part(plugins, settings_.model, "model"); });
    errors.attempt([&] {
      loads_ = Loads(settings_.load);
      if (!model_ && !settings_.load.entries().empty())
        throw Error(ErrorKind::configuration, "`load` fills the networks of a model that is given as {plugin: NAME, …}",
                    settings_.load.at().text());
    });
    errors.raise();
  }

  void connect(const Pipeline& pipeline) override { loads_.connect(pipeline, *this); }
  std::vector<std::string> needs() const override {
    auto all = data_.needs();
    if (!model_) all.push_back(settings_.model.text());
    all.insert(all.end(), loads_.needs().begin(), loads_.needs().end());
    return all;
  }
  bool costly() const override { return true; }
  std::vector<std::string> outputs() const override { return {"samples.json"}; }
  const DataSource* data() const override { return &data_; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    set_part(node, "data", data_.resolved(results_only));
    if (model_) set_part(node, "model", model_.resolved(results_only));
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    auto files = data_.make(run)->files();
    files.insert(files.end(), loads_.files().begin(), loads_.files().end());
    return files;
  }

  std::string run(Run& run) override {
    auto source = data_.make(run);
    const TrainedModel trained = load(run, source->info());
    auto* generating = dynamic_cast<Generating*>(trained.model.get());
    if (generating == nullptr)
      throw Error(ErrorKind::configuration, "the model '" + trained.plugin + "' cannot generate samples", place().at.text());
    const PreparedDataset data(std::move(source), trained.preprocess);
    SampleFolder folder(run.folder(*this), data.info());
    const Rng key = prediction_key(static_cast<std::uint64_t>(place().seed));
    HostContext context(key, run.device());
    const EvalMode eval(trained.model->networks());
    const at::NoGradGuard no_grad;
    std::vector<std::pair<std::string, std::size_t>> samples;
    for (const auto& subset : settings_.subset)
      for (const std::size_t index : data.subset(subset)) samples.emplace_back(subset, index);
    Progress progress("generate " + name(), static_cast<std::int64_t>(samples.size()), "samples");
    for (const auto& [subset, index] : samples) {
      throw_if_stopped();
      Rng rng = key.fork(data.describe(index).id);
      folder.begin_subset(settings_.subset.size() > 1 ? subset : "");
      Sample sample = data.get(index, rng);
      seed_torch(key.fork("default generator").fork(sample.id));
      Batch batch = collate({std::move(sample)});
      for (auto& [field, tensor] : batch.fields) tensor = tensor.to(run.device());
      generating->generate(batch, folder, context);
      progress.advance();
    }
    progress.finish();
    folder.finish();
    return std::to_string(folder.count()) + " samples";
  }

 private:
  TrainedModel load(Run& run, const DataInfo& info) const {
    if (!model_) {
      const Stage& stage = *run.pipeline().find(settings_.model.text());
      return load_trained(run.plugins(), run.checkpoint(stage, settings_.weights), settings_.weights, {}, run.device());
    }
    TrainedModel made;
    made.plugin = model_.plugin;
    made.info = info;
    seed_initialisation(static_cast<std::uint64_t>(place().seed), name());
    made.model = model_.builder->make(info);
    loads_.fill(run, *made.model);
    move_networks(*made.model, run.device());
    return made;
  }

  GenerateStage settings_;
  Options options_;
  DataSource data_;
  Part<ModelBuilder> model_;
  Loads loads_;
};

}  // namespace

std::unique_ptr<Stage> make_generate_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Generate>(std::move(place), body, plugins);
}

}  // namespace plexus
