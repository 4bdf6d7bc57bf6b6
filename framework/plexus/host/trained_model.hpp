#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <plexus/host/loads.hpp>
#include <plexus/host/parts.hpp>

namespace plexus {

class HostContext;

// A model with its weights, ready to predict, and what must be done to an image before.
struct TrainedModel {
  std::unique_ptr<Model> model;
  DataInfo info;
  TransformList preprocess;
  std::string plugin;
};

// predict_case(), which fails for channels that the model does not know as an Error(data) of that scan.
Prediction predict_scan(const TrainedModel& trained, const Sample& sample, HostContext& context);

// Where a frozen network, which checkpoints do not hold, is to be read again: the file (from the checkpoint's folder where
// both lie in one run folder), the average, the file's SHA-256.
struct FrozenSource {
  std::string network, file, rate, sha256;
};
std::vector<FrozenSource> frozen_sources(Model& model, const std::vector<LoadedNetwork>& loaded,
                                         const std::filesystem::path& checkpoints);

// What a checkpoint of ours keeps beside the weights: enough to make the model again.
std::string describe_model(const Part<ModelBuilder>& model, const std::vector<Part<TransformBuilder>>& preprocess,
                           const DataInfo& info, const std::vector<FrozenSource>& frozen = {});

// Rebuilds a model from a checkpoint of ours. `weights`: raw or ema (of that file); best and last mean raw, as the file was
// chosen by the caller. `changes` are options of the model that are set anew (null: none). Frozen networks that predicting
// needs are read from where training had them; Error(data) where that file is gone or has changed.
TrainedModel load_trained(Plugins& plugins, const std::filesystem::path& file, const std::string& weights, const Node& changes,
                          at::Device device);
// Any file of weights, ours or the authors'. For the authors', `model` says what to build: {plugin: NAME, …}.
TrainedModel load_any(Plugins& plugins, const std::filesystem::path& file, const Node& model, const DataInfo& info,
                      const std::string& weights, at::Device device);

// What is known of the data where there is no data set: `classes` with the background, 0 where the model's options tell.
DataInfo plain_info(std::int64_t channels, std::int64_t classes);

// Fills one network from a file: ours (its network of the same name, or its only one; `rate`: the average) or the authors'.
void load_network(Model& model, const Network& network, const std::filesystem::path& file, const std::string& rate);

}  // namespace plexus
