#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <plexus/sdk/metric.hpp>
#include <plexus/train/context.hpp>

namespace plexus {

struct Checkpoint;

// Call before a model is made: its layers then draw the same first weights for equal (seed, stage).
void seed_initialisation(std::uint64_t seed, const std::string& stage);

// Moves every network to the device.
void move_networks(Model& model, at::Device device);

// One case: collates the sample, runs the model in eval mode without gradient and gives the fields back on the CPU without
// the batch axis. Modes of the networks are restored. LibTorch's generators are seeded from (context's key, id).
Prediction predict_case(Model& model, const Sample& sample, HostContext& context);

// All metrics of a case, in the order of `metrics`; what a metric cannot say is left to its own status.
std::vector<Measurement> measure_case(const std::vector<std::shared_ptr<const Metric>>& metrics, const Prediction& prediction,
                                      const Sample& truth);

// Puts the weights of a checkpoint of ours into the model's networks. `weights`: "raw"; "ema" (the first average of each
// network, raw where it has none), or "ema@RATE". ("best" is a file, checkpoints/best, not a choice within one.)
// Frozen networks are filled where the file has them. Throws Error(data) with the table of what does not fit, and
// Error(configuration) where an average is not in the file.
void apply_weights(Model& model, const Checkpoint& checkpoint, const std::string& weights, const std::string& where);

// Loads a file of ours or of the method's authors (Model::originals; see nn/original.hpp) into the model.
void load_weights(Model& model, const std::filesystem::path& file, const std::string& weights);

}  // namespace plexus
