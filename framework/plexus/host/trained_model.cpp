#include <torch/nn/module.h>

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/counted.hpp>
#include <plexus/base/fault.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/data_info_json.hpp>
#include <plexus/host/trained_model.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/pickle.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/sdk/adapts_to_file.hpp>
#include <plexus/train/checkpoint.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {
using nlohmann::json;
std::string describe_model(const Part<ModelBuilder>& model, const std::vector<Part<TransformBuilder>>& preprocess,
                           const DataInfo& info, const std::vector<FrozenSource>& frozen) {
  json transforms = json::array(), sources = json::array();
  for (const auto& one : frozen)
    sources.push_back({{"network", one.network}, {"file", one.file}, {"average", one.rate}, {"sha256", one.sha256}});
  for (const auto& part : preprocess) transforms.push_back(json::parse(part.resolved().json()));
  return json{{"model", json::parse(model.resolved().json())}, {"preprocess", transforms}, {"data", data_info_to_json(info)},
              {"frozen", sources}}.dump();
}

std::vector<FrozenSource> frozen_sources(Model& model, const std::vector<LoadedNetwork>& loaded,
                                         const std::filesystem::path& checkpoints) {
  std::vector<FrozenSource> sources;
  for (const Network& network : model.networks()) {
    if (network.role != Network::Role::frozen) continue;
    for (const LoadedNetwork& one : loaded) {
      if (one.network != network.name) continue;
      const auto file = std::filesystem::absolute(one.file).lexically_normal();
      // RUN/STAGE/checkpoints and RUN/OTHER/checkpoints/FILE move together.
      const auto relative = file.lexically_relative(std::filesystem::absolute(checkpoints).lexically_normal());
      const bool same_run = !relative.empty() && !relative.string().starts_with("../../../");
      sources.push_back({one.network, same_run ? relative.string() : file.string(), one.rate, sha256_file(file)});
    }
  }
  return sources;
}

namespace {

void fill_frozen(Model& model, const json& sources, const Checkpoint& checkpoint, const std::filesystem::path& file) {
  for (const Network& network : model.networks()) {
    if (network.role != Network::Role::frozen || !network.needed_to_predict || checkpoint.networks.count(network.name)) continue;
    const auto source = std::find_if(sources.begin(), sources.end(),
                                     [&](const json& one) { return one.at("network").get<std::string>() == network.name; });
    if (source == sources.end())
      throw Error(ErrorKind::data, "does not say where the frozen network '" + network.name + "' is", file.string(),
                  "give the network's file as an option of the model, if it has one");
    std::filesystem::path from = source->at("file").get<std::string>();
    if (from.is_relative()) from = (file.parent_path() / from).lexically_normal();
    const std::string hint = "the network '" + network.name + "' of " + file.string() + " was read from it in training";
    if (!std::filesystem::exists(from)) throw Error(ErrorKind::data, "is not there", from.string(), hint);
    if (sha256_file(from) != source->at("sha256").get<std::string>())
      throw Error(ErrorKind::data, "has changed since", from.string(), hint + "; train again");
    load_network(model, network, from, source->at("average").get<std::string>());
  }
}

}  // namespace

TrainedModel load_trained(Plugins& plugins, const std::filesystem::path& file, const std::string& weights, const Node& changes,
                          at::Device device) {
  const Checkpoint checkpoint = load_checkpoint(file);
  TrainedModel trained;
  json frozen = json::array();
  try {
    const json described = json::parse(checkpoint.resolved);
    trained.info = data_info_from_json(described.at("data"));
    Node settings = read_pipeline_text(described.at("model").dump(), file.string());
    for (const auto& [key, value] : changes.entries())
      if (key != "plugin") settings.set(key, value);
    const auto part = model_part(plugins, settings, "model");
    trained.plugin = part.plugin;
    for (const json& transform : described.at("preprocess"))
      trained.preprocess.push_back(
          transform_part(plugins, read_pipeline_text(transform.dump(), file.string()), "preprocess").make());
    trained.model = part.make(trained.info);
    if (described.contains("frozen")) frozen = described.at("frozen");
  } catch (const json::exception& error) {
    throw Error(ErrorKind::data, std::string("does not say which model it belongs to (") + error.what() + ")", file.string());
  }
  apply_weights(*trained.model, checkpoint, weights == "ema" ? "ema" : "raw", file.string());
  fill_frozen(*trained.model, frozen, checkpoint, file);
  move_networks(*trained.model, device);
  return trained;
}

TrainedModel load_any(Plugins& plugins, const std::filesystem::path& file, const Node& model, const DataInfo& info,
                      const std::string& weights, at::Device device) {
  if (is_plexus_checkpoint(file)) {
    TrainedModel trained = load_trained(plugins, file, weights, model, device);
    if (const Node* plugin = model.is_scalar() ? &model : model.find("plugin"); plugin != nullptr && plugin->text() != trained.plugin)
      throw Error(ErrorKind::data, "is a checkpoint of '" + trained.plugin + "', not of '" + plugin->text() + "'", file.string(),
                  "name the model " + trained.plugin);
    return trained;
  }
  if (model.is_null())
    throw Error(ErrorKind::configuration, "is not a checkpoint of ours, so the model must be named", file.string(),
                "give {plugin: NAME, …} as `model`");
  TrainedModel trained;
  const auto part = model_part(plugins, model, "model");
  trained.plugin = part.plugin;
  trained.info = info;
  trained.model = part.make(info);
  load_weights(*trained.model, file, "raw");
  move_networks(*trained.model, device);
  return trained;
}

DataInfo plain_info(std::int64_t channels, std::int64_t classes) {
  DataInfo info;
  info.channels = channels;
  for (std::int64_t id = 0; id < classes; ++id) info.labels.push_back({id, id == 0 ? "background" : "label " + std::to_string(id), {}});
  return info;
}

void load_network(Model& model, const Network& network, const std::filesystem::path& file, const std::string& rate) {
  const std::string where = file.string() + ": " + network.name;
  if (is_plexus_checkpoint(file)) {
    const Checkpoint checkpoint = load_checkpoint(file);
    const auto& from = rate.empty() ? checkpoint.networks : checkpoint.averages;
    // The only network of a training goes by any name; of its averages, the one of that rate.
    const std::string own = checkpoint.networks.size() == 1 ? checkpoint.networks.begin()->first : network.name;
    const auto found = from.find(rate.empty() ? own : own + "@" + rate);
    if (found == from.end()) {
      std::vector<std::string> names;
      for (const auto& [name, state] : from) names.push_back(name);
      throw Error(ErrorKind::data, "holds no weights '" + network.name + (rate.empty() ? "" : "@" + rate) + "'; it has " + join(names, ", "),
                  file.string(), "is it the checkpoint of another method?");
    }
    return load_state_dict(*network.module, found->second, where);
  }
  Original how{network.name};
  for (const Original& original : model.originals())
    if (original.network == network.name) how = original;
  const TensorMap state = original_state(read_torch_file(file), how);
  // Widths of a network that is trained stand in its checkpoint: they are the options', not the file's.
  if (auto* adapting = dynamic_cast<AdaptsToFile*>(&model); adapting != nullptr && network.role == Network::Role::frozen)
    adapting->adapt(network.name, state);
  for (const Network& adapted : model.networks())
    if (adapted.name == network.name) load_state_dict(*adapted.module, state, where);
}

Prediction predict_scan(const TrainedModel& trained, const Sample& sample, HostContext& context) {
  const auto channels = sample.fields.at("image").size(0);
  try {
    return predict_case(*trained.model, sample, context);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    // Some models take one of several channels themselves: what fits is what works.
    if (is_memory_fault(error)) throw;
    if (channels == trained.info.channels)
      throw Error(ErrorKind::plugin, "the model '" + trained.plugin + "' failed at this case: " + first_line(error), sample.id,
                  "a fault of the method, or a case of a shape that it does not take");
    throw Error(ErrorKind::data, fmt::format("has {}, the model was trained with {}", counted(static_cast<std::uint64_t>(channels), "channel"), trained.info.channels),
                sample.id, "split volumes of several channels (`plexus preprocess`, step split_4d), or name the channels that belong to a scan");
  }
}

}  // namespace plexus
