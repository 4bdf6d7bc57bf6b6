#include <torch/nn/module.h>

#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/trained_model.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/pickle.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/train/checkpoint.hpp>

namespace plexus {
using nlohmann::json;
namespace {

json to_json(const DataInfo& info) {
  json labels = json::array();
  for (const Label& label : info.labels)
    labels.push_back({{"id", label.id}, {"name", label.name}, {"colour", label.colour}});
  return {{"channels", info.channels}, {"dimensions", info.dimensions}, {"labels", labels}};
}

DataInfo data_info(const json& value) {
  DataInfo info;
  info.channels = value.at("channels");
  info.dimensions = value.at("dimensions");
  for (const json& label : value.at("labels"))
    info.labels.push_back({label.at("id"), label.at("name"), label.at("colour").get<std::array<std::uint8_t, 3>>()});
  return info;
}

const TensorMap* find_average(const Checkpoint& checkpoint, const std::string& network, const std::string& rate) {
  for (const auto& [name, tensors] : checkpoint.averages)
    if (name.rfind(network + "@", 0) == 0 && (rate.empty() || name == network + "@" + rate)) return &tensors;
  return nullptr;
}

void load_ours(const Network& network, const Checkpoint& checkpoint, const std::filesystem::path& file, const std::string& weights,
               const std::string& rate) {
  const TensorMap* tensors = nullptr;
  if (weights == "ema") {
    tensors = find_average(checkpoint, network.name, rate);
    if (tensors == nullptr && network.needed_to_predict && checkpoint.averages.empty())
      throw Error(ErrorKind::data, "holds no averaged weights of '" + network.name + "'", file.string(),
                  "train with `ema`, or predict with `weights: best`");
  }
  if (tensors == nullptr)
    if (const auto found = checkpoint.networks.find(network.name); found != checkpoint.networks.end()) tensors = &found->second;
  if (tensors == nullptr) {
    if (!network.needed_to_predict) return;
    std::vector<std::string> names;
    for (const auto& [name, state] : checkpoint.networks) names.push_back(name);
    throw Error(ErrorKind::data, "holds no network '" + network.name + "'; it has " + join(names, ", "), file.string(),
                "is it the checkpoint of another method?");
  }
  load_state_dict(*network.module, *tensors, file.string() + ": " + network.name);
}

void load_original_files(Model& model, const std::filesystem::path& file) {
  const PickleValue content = read_torch_file(file);
  const std::vector<Original> originals = model.originals();
  for (const Network& network : model.networks()) {
    if (!network.needed_to_predict) continue;
    const Original* how = nullptr;
    for (const Original& original : originals)
      if (original.network == network.name) how = &original;
    load_state_dict(*network.module, original_state(content, how != nullptr ? *how : Original{network.name}), file.string());
  }
}

}  // namespace

std::string describe_model(const Part<ModelBuilder>& model, const std::vector<Part<TransformBuilder>>& preprocess,
                           const DataInfo& info) {
  json transforms = json::array();
  for (const auto& part : preprocess) transforms.push_back(json::parse(part.resolved().json()));
  return json{{"model", json::parse(model.resolved().json())}, {"preprocess", transforms}, {"data", to_json(info)}}.dump();
}

void ready_to_predict(Model& model, at::Device device) {
  for (const Network& network : model.networks()) {
    network.module->to(device);
    network.module->eval();
  }
}

TrainedModel load_trained(Plugins& plugins, const std::filesystem::path& file, const std::string& weights, const Node& changes,
                          at::Device device) {
  const Checkpoint checkpoint = load_checkpoint(file);
  TrainedModel trained;
  try {
    const json described = json::parse(checkpoint.resolved);
    trained.info = data_info(described.at("data"));
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
  for (const Network& network : trained.model->networks()) load_ours(network, checkpoint, file, weights, "");
  ready_to_predict(*trained.model, device);
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
  load_original_files(*trained.model, file);
  ready_to_predict(*trained.model, device);
  return trained;
}

void load_network(Model& model, const Network& network, const std::filesystem::path& file, const std::string& rate) {
  if (is_plexus_checkpoint(file)) return load_ours(network, load_checkpoint(file), file, rate.empty() ? "raw" : "ema", rate);
  const PickleValue content = read_torch_file(file);
  Original how{network.name};
  for (const Original& original : model.originals())
    if (original.network == network.name) how = original;
  load_state_dict(*network.module, original_state(content, how), file.string() + ": " + network.name);
}

}  // namespace plexus
