#include <algorithm>
#include <iterator>
#include <map>

#include <nlohmann/json.hpp>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/host/generated.hpp>
#include <plexus/host/generation.hpp>
#include <plexus/host/loads.hpp>
#include <plexus/host/model_source.hpp>
#include <plexus/host/prepared_dataset.hpp>
#include <plexus/host/run.hpp>
#include <plexus/host/stages/stages.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
namespace {

// What one sample is made from.
struct Origin {
  std::string subset, id;  // of the sample; subset: "" where there is one
  std::size_t index = 0;   // in the data set
};

class Generate final : public Stage {
 public:
  Generate(Place where, const Node& body, Plugins& plugins) : Stage(std::move(where)) {
    ErrorList errors;
    errors.attempt([&] { bind_stage(settings_, options_, place_, body); });
    if (conditional()) errors.attempt([&] { data_ = DataSource(plugins, settings_.data, place_); });
    errors.attempt([&] {
      loads_ = Loads(settings_.load);
      if (filled())
        part_ = model_part(plugins, settings_.model, "model");
      else
        model_ = ModelSource(plugins, settings_.model, settings_.checkpoint, settings_.weights, place_);
    });
    for (const Node& node : settings_.transforms)
      errors.attempt([&] { transforms_.push_back(transform_part(plugins, node, "transforms")); });
    errors.raise();
  }

  void connect(const Pipeline& pipeline) override {
    if (filled())
      loads_.connect(pipeline, *this);
    else
      model_.connect(pipeline, place());
  }
  std::vector<std::string> needs() const override {
    auto all = conditional() ? data_.needs() : std::vector<std::string>{};
    if (!model_.stage().empty()) all.push_back(model_.stage());
    all.insert(all.end(), loads_.needs().begin(), loads_.needs().end());
    return all;
  }
  bool costly() const override { return true; }
  std::vector<std::string> outputs() const override { return {"samples.json"}; }
  const DataSource* data() const override { return conditional() ? &data_ : nullptr; }
  Node resolved(bool results_only) const override {
    Node node = option_values(options_, results_only);
    set_part(node, "data", conditional() ? data_.resolved(results_only) : Node());
    set_part(node, "transforms", part_list(transforms_, results_only));
    if (filled())
      set_part(node, "model", part_.resolved(results_only));
    else
      model_.resolve(node, results_only);
    return node;
  }
  std::vector<std::string> input_files(const Run& run) const override {
    auto files = conditional() ? data_.make(run)->files() : std::vector<std::string>{};
    files.insert(files.end(), loads_.files().begin(), loads_.files().end());
    if (!filled()) files.push_back(model_.file(run).string());
    return files;
  }

  std::string run(Run& run) override {
    std::unique_ptr<Dataset> source = conditional() ? data_.make(run) : nullptr;
    const DataInfo info = source ? source->info() : plain_info(1, 2);
    const TrainedModel trained = filled() ? fill(run, info) : model_.load(run, info, settings_.settings);
    const Rng key = prediction_key(static_cast<std::uint64_t>(place().seed)).fork("generate").fork(place().base_name);
    HostContext context(key, run.device());

    std::unique_ptr<PreparedDataset> data;
    if (source) data = std::make_unique<PreparedDataset>(std::move(source), trained.preprocess);
    const std::vector<Origin> origins = origins_in(data.get());
    SampleFolder folder(run.folder(*this), data ? data->info() : info, settings_.pictures, run.resumable(*this));
    const TransformList transforms = make_transforms(transforms_);
    std::int64_t failed = 0;
    for (auto begin = origins.begin(); begin != origins.end();) {
      const auto end = std::find_if(begin, origins.end(), [&](const Origin& o) { return o.subset != begin->subset; });
      folder.begin_subset(begin->subset);
      std::vector<Origin> left;
      std::copy_if(begin, end, std::back_inserter(left), [&](const Origin& o) { return !folder.has(o.id); });
      GenerationInput input{*trained.model, context, "generate " + name(), {}, {}, settings_.batch, run.settings().jobs, run.settings().keep_going};
      for (const Origin& origin : left) input.ids.push_back(origin.id);
      input.source = [&](std::size_t i) { return made_from(left[i], data.get(), transforms, key); };
      failed += generate_samples(input, folder);
      begin = end;
    }
    std::vector<std::pair<std::string, std::string>> order;
    for (const Origin& origin : origins) order.emplace_back(origin.subset, origin.id);
    folder.finish(order);
    run.failed_cases(failed);
    if (!settings_.pairs.empty())
      write_pairs(run.folder(*this) / settings_.pairs, GeneratedDataset(run.folder(*this)), settings_.pair_labels);
    record_numbers(run, folder);
    return std::to_string(folder.samples().size()) + " samples";
  }

 private:
  bool conditional() const { return settings_.size.empty(); }
  // A model of its own, whose networks `load` fills.
  bool filled() const { return !settings_.load.entries().empty(); }

  TrainedModel fill(Run& run, const DataInfo& info) const {
    TrainedModel made;
    made.plugin = part_.plugin;
    made.info = info;
    seed_initialisation(static_cast<std::uint64_t>(place().seed), name());
    made.model = part_.builder->make(info);
    loads_.fill(run, *made.model);
    move_networks(*made.model, run.device());
    return made;
  }

  std::vector<Origin> origins_in(const Dataset* data) const {
    std::vector<Origin> origins;
    if (data == nullptr) {
      for (std::int64_t copy = 0; copy < settings_.count; ++copy) origins.push_back({"", "sample_" + std::to_string(copy)});
      return origins;
    }
    for (const auto& subset : settings_.subset) {
      const auto indices = data->subset(subset);
      if (indices.empty()) throw Error(ErrorKind::data, "the subset '" + subset + "' is empty", "data");
      for (const std::size_t index : indices)
        for (std::int64_t copy = 0; copy < settings_.count; ++copy)
          origins.push_back({settings_.subset.size() > 1 ? subset : "", copy_id(data->describe(index).id, copy, settings_.count), index});
    }
    return origins;
  }

  Sample made_from(const Origin& origin, const Dataset* data, const TransformList& transforms, const Rng& key) const {
    if (data == nullptr) {
      Sample sample;
      sample.case_id = origin.id;
      sample.fields["size"] = at::tensor(settings_.size, at::kLong);
      return sample;
    }
    Rng rng = key.fork("source").fork(origin.id);
    Sample sample = data->get(origin.index, rng);
    for (const auto& transform : transforms) transform->apply(sample, rng);
    return sample;
  }

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

  GenerateStage settings_;
  Options options_;
  DataSource data_;
  ModelSource model_;
  Part<ModelBuilder> part_;
  Loads loads_;
  std::vector<Part<TransformBuilder>> transforms_;
};

}  // namespace

std::unique_ptr<Stage> make_generate_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  return std::make_unique<Generate>(std::move(place), body, plugins);
}

}  // namespace plexus
