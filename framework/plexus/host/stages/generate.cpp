#include <map>

#include <nlohmann/json.hpp>

#include <ATen/ATen.h>

#include <plexus/base/counted.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/host/generation.hpp>
#include <plexus/host/model_source.hpp>
#include <plexus/host/prepared_dataset.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>

namespace plexus {
namespace {

class Generate final : public Stage {
 public:
  Generate(Place where, const Node& body, Plugins& plugins) : Stage(std::move(where)), plugins_(plugins) {
    ErrorList errors;
    errors.attempt([&] { bind_stage(settings_, options_, place_, body); });
    if (conditional()) errors.attempt([&] { data_ = DataSource(plugins, settings_.data, place_); });
    errors.attempt([&] {
      model_ = ModelSource(plugins, settings_.model, settings_.checkpoint, settings_.weights, place_, settings_.load);
    });
    for (const Node& node : settings_.transforms)
      errors.attempt([&] { transforms_.push_back(transform_part(plugins, node, "transforms")); });
    errors.raise();
  }

  void connect(const Pipeline& pipeline) override {
    model_.connect(pipeline, *this);
    model_.check(pipeline, plugins_, settings_.changes);
  }
  std::vector<std::string> needs() const override {
    auto all = conditional() ? data_.needs() : std::vector<std::string>{};
    for (const auto& stage : model_.needs()) all.push_back(stage);
    return all;
  }
  void check(const Run& run) const override {
    ErrorList errors;
    if (conditional()) errors.attempt([&] { data_.check(run, settings_.subset); });
    errors.attempt([&] { model_.check_files(); });
    errors.raise();
  }
  bool costly() const override { return true; }
  std::vector<std::string> outputs() const override { return {"samples.json"}; }
  const DataSource* data() const override { return conditional() ? &data_ : nullptr; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    set_part(node, "data", conditional() ? data_.resolved(results_only) : Node());
    set_part(node, "transforms", part_list(transforms_, results_only));
    model_.resolve(node, results_only);
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    auto files = conditional() ? data_.make(run)->files() : std::vector<std::string>{};
    for (const auto& file : model_.files(run)) files.push_back(file);
    return files;
  }

  std::string run(Run& run) override {
    std::unique_ptr<Dataset> source = conditional() ? data_.make(run) : nullptr;
    const DataInfo info = source ? source->info() : plain_info(1, 2);
    const TrainedModel trained = model_.load(run, info, settings_.changes);
    const Rng key = prediction_key(static_cast<std::uint64_t>(place().seed)).fork("generate").fork(place().base_name);
    HostContext context(key, run.device());
    std::unique_ptr<PreparedDataset> data;
    if (source) data = std::make_unique<PreparedDataset>(std::move(source), trained.preprocess);
    SampleFolder folder(run.folder(*this), data ? data->info() : info, settings_.pictures, run.resumable(*this));
    const TransformList transforms = make_transforms(transforms_);
    std::int64_t failed = 0;
    for (const std::string& subset : data ? settings_.subset : std::vector<std::string>{""}) {
      folder.begin_subset(settings_.subset.size() > 1 ? subset : "");
      GenerationInput input{*trained.model, context, "generate " + name(), {}, {}, settings_.batch, run.settings().jobs, run.settings().keep_going};
      std::vector<std::size_t> indices;
      const auto add = [&](const std::string& id, std::size_t index) {
        for (std::int64_t copy = 0; copy < settings_.count; ++copy) {
          const std::string own = data ? copy_id(id, copy, settings_.count) : "sample_" + std::to_string(copy);
          if (folder.has(own)) continue;
          input.ids.push_back(own);
          indices.push_back(index);
        }
      };
      if (data) {
        const auto members = data->subset(subset);
        if (members.empty()) throw Error(ErrorKind::data, "the subset '" + subset + "' is empty", "data");
        for (const std::size_t index : members) add(data->describe(index).id, index);
      } else {
        add("", 0);
      }
      require_free(run.folder(*this), (16u << 20) + input.ids.size() * (1u << 20), "generating " + counted(input.ids.size(), "sample"));
      input.source = [&](std::size_t i) {
        if (!data) {
          Sample sample;
          sample.case_id = input.ids[i];
          sample.fields["size"] = at::tensor(settings_.size, at::kLong);
          return sample;
        }
        Rng rng = key.fork("source").fork(input.ids[i]);
        Sample sample = data->get(indices[i], rng);
        for (const auto& transform : transforms) transform->apply(sample, rng);
        return sample;
      };
      failed += generate_samples(input, folder);
    }
    folder.finish();
    run.failed_cases(failed);
    if (!settings_.pairs.empty())
      write_pairs(run.folder(*this) / settings_.pairs, GeneratedDataset(run.folder(*this)), settings_.pair_labels);
    record_numbers(run, folder);
    return std::to_string(folder.samples().size()) + " samples";
  }

 private:
  bool conditional() const { return settings_.size.empty(); }

  // Means of the samples' numbers, for the stage's record.
  void record_numbers(Run& run, const SampleFolder& folder) const {
    std::map<std::string, std::pair<double, int>> sums;
    for (const auto& sample : folder.samples())
      for (const auto& [name, value] : sample.numbers) {
        sums[name].first += value;
        ++sums[name].second;
      }
    nlohmann::json means = nlohmann::json::object();
    for (const auto& [name, sum] : sums) means[name] = sum.first / sum.second;
    run.record(*this, "means", means);
  }

  Plugins& plugins_;
  GenerateStage settings_;
  Options options_;
  DataSource data_;
  ModelSource model_;
  std::vector<Part<TransformBuilder>> transforms_;
};

}  // namespace

std::unique_ptr<Stage> make_generate_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Generate>(std::move(place), body, plugins);
}

}  // namespace plexus
