#include <torch/nn/module.h>

#include <nlohmann/json.hpp>

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
                           const DataInfo& info) {
  json transforms = json::array();
  for (const auto& part : preprocess) transforms.push_back(json::parse(part.resolved().json()));
  return json{{"model", json::parse(model.resolved().json())}, {"preprocess", transforms}, {"data", data_info_to_json(info)}}.dump();
}

TrainedModel load_trained(Plugins& plugins, const std::filesystem::path& file, const std::string& weights, const Node& changes,
                          at::Device device) {
  const Checkpoint checkpoint = load_checkpoint(file);
  TrainedModel trained;
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
          transform_part(plugins, read_pipeline_text(transform.dump(), file.string()), "preprocess").builder->make());
    trained.model = part.builder->make(trained.info);
  } catch (const json::exception& error) {
    throw Error(ErrorKind::data, std::string("does not say which model it belongs to (") + error.what() + ")", file.string());
  }
  apply_weights(*trained.model, checkpoint, weights == "ema" ? "ema" : "raw", file.string());
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
  trained.model = part.builder->make(info);
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
    const auto found = from.find(rate.empty() ? network.name : network.name + "@" + rate);
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

}  // namespace plexus
