#include <plexus/base/progress.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/collate.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/host/prepared_dataset.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/host/trained_model.hpp>
#include <plexus/train/context.hpp>

namespace plexus {
namespace {

class Generate final : public Stage {
 public:
  Generate(Place where, const Node& body, Plugins& plugins) : Stage(std::move(where)) {
    ErrorList errors;
    errors.attempt([&] { bind_stage(settings_, options_, place_, body); });
    errors.attempt([&] { data_ = DataSource(plugins, settings_.data, place_); });
    errors.raise();
  }

  std::vector<std::string> needs() const override {
    auto all = data_.needs();
    all.push_back(settings_.model);
    return all;
  }
  bool costly() const override { return true; }
  std::vector<std::string> outputs() const override { return {"samples.json"}; }
  const DataSource* data() const override { return &data_; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    set_part(node, "data", data_.resolved(results_only));
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override { return data_.make(run)->files(); }

  std::string run(Run& run) override {
    const TrainedModel trained =
        load_trained(run.plugins(), run.checkpoint(*run.pipeline().find(settings_.model), settings_.weights), settings_.weights, {}, run.device());
    auto* generating = dynamic_cast<Generating*>(trained.model.get());
    if (generating == nullptr)
      throw Error(ErrorKind::configuration, "the model '" + trained.plugin + "' cannot generate samples", place().at.text());
    const PreparedDataset data(data_.make(run), trained.preprocess);
    SampleFolder folder(run.folder(*this), data.info());
    const Rng key = prediction_key(static_cast<std::uint64_t>(place().seed));
    HostContext context(key, run.device());
    const auto indices = data.subset(settings_.subset);
    Progress progress("generate " + name(), static_cast<std::int64_t>(indices.size()), "samples");
    for (const std::size_t index : indices) {
      throw_if_stopped();
      Rng rng = key.fork(data.describe(index).id);
      Sample sample = data.get(index, rng);
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
  GenerateStage settings_;
  Options options_;
  DataSource data_;
};

}  // namespace

std::unique_ptr<Stage> make_generate_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Generate>(std::move(place), body, plugins);
}

}  // namespace plexus
