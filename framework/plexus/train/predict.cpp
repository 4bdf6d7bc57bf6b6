#include <plexus/train/predict.hpp>

#include <ATen/core/grad_mode.h>
#include <torch/nn/module.h>

#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/collate.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/sdk/adapts_to_file.hpp>
#include <plexus/train/averages.hpp>
#include <plexus/train/checkpoint.hpp>
#include <plexus/train/modes.hpp>
#include <plexus/train/streams.hpp>

namespace plexus {
namespace {

// The average of a network in a file that the choice means, or none.
const TensorMap* find_average(const Checkpoint& checkpoint, const Network& network, const WeightChoice& choice) {
  if (choice.rate != 0) {
    const auto found = checkpoint.averages.find(average_name(network.name, choice.rate));
    return found == checkpoint.averages.end() ? nullptr : &found->second;
  }
  std::vector<double> rates = network.averages;
  for (const auto rate : rates) {
    const auto found = checkpoint.averages.find(average_name(network.name, rate));
    if (found != checkpoint.averages.end()) return &found->second;
  }
  for (const auto& [name, state] : checkpoint.averages) {
    if (name.starts_with(network.name + "@")) return &state;
  }
  return nullptr;
}

const TensorMap* find_state(const Checkpoint& checkpoint, const Network& network, const WeightChoice& choice, bool& averaged) {
  if (choice.averaged) {
    if (const auto* average = find_average(checkpoint, network, choice)) {
      averaged = true;
      return average;
    }
  }
  const auto found = checkpoint.networks.find(network.name);
  return found == checkpoint.networks.end() ? nullptr : &found->second;
}

// Everything after it counts on whole numbers on the image's grid.
void require_label_map(const Prediction& prediction, const Batch& batch, const std::string& id) {
  const auto found = prediction.fields.find("label");
  if (found == prediction.fields.end()) return;
  const auto& label = found->second;
  auto expected = batch["image"].sizes().vec();
  expected.erase(expected.begin() + 1);
  if (!label.is_floating_point() && !label.is_complex() && label.sizes() == expected) return;
  throw Error(ErrorKind::plugin,
              fmt::format("the model predicts a label map of {} [{}] where whole numbers [{}] are expected, the grid of the image",
                          c10::toString(label.scalar_type()), fmt::join(label.sizes(), ", "), fmt::join(expected, ", ")),
              id, "a fault of the model's predict()");
}

std::string names_of(const Checkpoint& checkpoint) {
  std::vector<std::string> names;
  for (const auto& [name, state] : checkpoint.networks) names.push_back("'" + name + "'");
  for (const auto& [name, state] : checkpoint.averages) names.push_back("'" + name + "'");
  return join(names, ", ");
}

}  // namespace

void seed_initialisation(std::uint64_t seed, const std::string& stage) {
  seed_torch(training_key(seed, stage).fork("initialisation"));
}

void move_networks(Model& model, at::Device device) {
  for (const auto& network : model.networks()) network.module->to(device);
}

Prediction predict_case(Model& model, const Sample& sample, HostContext& context) {
  auto batch = collate({sample});
  move_batch(batch, context.device(), /*channels_last=*/false);
  const EvalMode eval(model.networks());
  const at::NoGradGuard no_grad;
  seed_torch(context.key().fork("default generator").fork(sample.id));
  auto prediction = model.predict(batch, context);
  require_label_map(prediction, batch, sample.id);
  for (auto& [name, field] : prediction.fields) {
    field = field.cpu();
    if (field.dim() > 0 && field.size(0) == 1) field = field.squeeze(0);
    field = field.contiguous();
  }
  return prediction;
}

std::vector<Measurement> measure_case(const std::vector<std::shared_ptr<const Metric>>& metrics, const Prediction& prediction,
                                      const Sample& truth) {
  std::vector<Measurement> all;
  for (const auto& metric : metrics) {
    auto measured = metric->measure(prediction, truth);
    all.insert(all.end(), std::make_move_iterator(measured.begin()), std::make_move_iterator(measured.end()));
  }
  return all;
}

void apply_weights(Model& model, const Checkpoint& checkpoint, const std::string& weights, const std::string& where) {
  const auto choice = parse_weights(weights);
  ErrorList errors;
  auto averaged = false;
  for (const auto& network : model.networks()) {
    const auto* state = find_state(checkpoint, network, choice, averaged);
    if (state != nullptr) {
      errors.attempt([&] { load_state_dict(*network.module, *state, where + ": " + network.name); });
    } else if (network.needed_to_predict && network.role == Network::Role::trained) {
      errors.add(Error(ErrorKind::data, "the file has no network '" + network.name + "'; it has " + names_of(checkpoint), where,
                       "is it a checkpoint of another method?"));
    }
  }
  errors.raise();
  if (choice.averaged && !averaged) {
    throw Error(ErrorKind::configuration, "no average of the weights is in the checkpoint; it has " + names_of(checkpoint),
                where, "take raw instead of " + weights);
  }
}

void load_weights(Model& model, const std::filesystem::path& file, const std::string& weights) {
  if (is_plexus_checkpoint(file)) {
    apply_weights(model, load_checkpoint(file), weights, file.string());
    return;
  }
  if (parse_weights(weights).averaged) {
    throw Error(ErrorKind::configuration, "only our own checkpoints hold averages", file.string(), "take raw");
  }
  const auto content = read_torch_file(file);
  auto originals = model.originals();
  auto* adapting = dynamic_cast<AdaptsToFile*>(&model);
  const auto networks = model.networks();
  if (originals.empty() && networks.size() == 1) originals.push_back({networks.front().name, {"state_dict", "model"}, {}});
  ErrorList errors;
  for (const auto& network : networks) {
    const auto* original = static_cast<const Original*>(nullptr);
    for (const auto& one : originals) {
      if (one.network == network.name) original = &one;
    }
    if (original == nullptr) {
      if (!network.needed_to_predict) continue;
      errors.add(Error(ErrorKind::data, "the authors' files do not hold the network '" + network.name + "'", file.string()));
      continue;
    }
    std::optional<TensorMap> state;
    const auto read = [&] { state = original_state(content, *original); };
    if (network.needed_to_predict) {
      errors.attempt(read);
    } else {
      ErrorList passed_over;
      passed_over.attempt(read);
    }
    if (!state) continue;
    if (adapting != nullptr) adapting->adapt(network.name, *state);
    for (const auto& adapted : model.networks())
      if (adapted.name == network.name)
        errors.attempt([&] { load_state_dict(*adapted.module, *state, file.string() + ": " + network.name); });
  }
  errors.raise();
}

}  // namespace plexus
