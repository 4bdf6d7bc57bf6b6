#include <iostream>

#include <torch/nn/module.h>

#include <nlohmann/json.hpp>

#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/trained_model.hpp>
#include <plexus/nn/model_file.hpp>
#include <plexus/nn/original.hpp>
#include <plexus/nn/safetensors.hpp>
#include <plexus/nn/state_dict.hpp>
#include <plexus/sdk/adapts_to_file.hpp>
#include <plexus/sdk/version.hpp>
#include <plexus/train/checkpoint.hpp>
#include <torch/version.h>

namespace plexus {
namespace fs = std::filesystem;
namespace {

std::string shape_text(const at::Tensor& tensor) {
  std::vector<std::string> sizes;
  for (const std::int64_t size : tensor.sizes()) sizes.push_back(std::to_string(size));
  return "[" + join(sizes, ", ") + "]";
}

void refuse_existing(const fs::path& file, bool overwrite) {
  if (fs::exists(file) && !overwrite)
    throw Error(ErrorKind::usage, "is there already", file.string(), "give another name, or --overwrite");
}

int inspect(const std::vector<std::string>& args) {
  fs::path path;
  bool digests = false;
  CommandLine line("model inspect", "FILE [options]", "Lists what a file of weights holds: names, shapes and types of tensors, and the values beside them.");
  line.argument("file", path, "a checkpoint of ours, a PyTorch file (.pth, .pt) or safetensors").needed();
  line.flag("digests", '\0', digests, "with a SHA-256 of each tensor");
  line.common({Common::json});
  if (!line.parse(args)) return 0;
  const ModelFile file = read_model_file(path);
  std::int64_t elements = 0;
  for (const auto& [name, tensor] : file.tensors) elements += tensor.numel();
  if (line.shared().json) {
    nlohmann::json tensors = nlohmann::json::array();
    for (const auto& [name, tensor] : file.tensors) {
      tensors.push_back({{"name", name}, {"shape", tensor.sizes().vec()}, {"type", std::string(tensor.dtype().name())}});
      if (digests) tensors.back()["sha256"] = tensor_digest(tensor);
    }
    nlohmann::json values = nlohmann::json::object();
    for (const auto& [name, value] : file.values) values[name] = value;
    std::cout << nlohmann::json{{"file", path.string()}, {"format", file.format}, {"elements", elements}, {"tensors", tensors}, {"values", values}}.dump(2)
              << "\n";
    return 0;
  }
  std::vector<std::string> columns{"tensor", "shape", "type"};
  if (digests) columns.emplace_back("sha256");
  Table table(columns);
  for (const auto& [name, tensor] : file.tensors) {
    std::vector<std::string> row{name, shape_text(tensor), std::string(tensor.dtype().name())};
    if (digests) row.push_back(tensor_digest(tensor));
    table.add(row);
  }
  std::cout << path.string() << ": " << file.format << ", " << file.tensors.size() << " tensors, " << elements << " elements\n" << table.text();
  for (const auto& [name, value] : file.values) std::cout << name << " = " << value << "\n";
  return 0;
}

int import(const std::vector<std::string>& args) {
  fs::path input, output;
  std::string model;
  std::int64_t channels = 1, classes = 0;
  CommandLine line("model import", "FILE -m NAME -o OUT [options]", "Makes a checkpoint of ours out of a file in the layout of a method's authors.");
  line.argument("file", input, "the authors' file").needed();
  line.option("model", 'm', model, "NAME", "the method").needed();
  line.option("output", 'o', output, "FILE", "the checkpoint to write (.pth)").needed();
  line.option("channels", '\0', channels, "N", "channels of the images");
  line.option("classes", '\0', classes, "N", "classes with the background; default: as the model's options say");
  line.common({Common::set, Common::overwrite, Common::plugin_path});
  line.example("plexus model import unet_best_model.pth -m diffrect --set preset=acdc --classes 4 -o acdc.pth", "");
  if (!line.parse(args)) return 0;
  refuse_existing(output, line.shared().overwrite);
  Node settings = Node::map({{"plugin", Node::scalar(model)}});
  for (const std::string& assignment : line.shared().set) set_value(settings, assignment);
  const DataInfo info = plain_info(channels, classes);
  Plugins plugins(line.shared().plugin_path);
  const TrainedModel trained = load_any(plugins, input, settings, info, "raw", at::kCPU);
  Checkpoint checkpoint;
  for (const Network& network : trained.model->networks())
    if (network.needed_to_predict) checkpoint.networks[network.name] = state_dict(*network.module);
  if (const auto* adapting = dynamic_cast<const AdaptsToFile*>(trained.model.get()))
    for (const auto& [option, value] : adapting->adapted()) set_value(settings, option + "=" + value);
  checkpoint.resolved = describe_model(model_part(plugins, settings, "model"), {}, info);
  checkpoint.versions = {{"plexus", PLEXUS_VERSION}, {"torch", TORCH_VERSION}};
  save_checkpoint(output, checkpoint);
  log::info("wrote " + output.string());
  return 0;
}

int export_file(const std::vector<std::string>& args) {
  fs::path input, output;
  std::string format = "original", weights = "raw";
  CommandLine line("model export", "CHECKPOINT -o OUT [options]", "Writes the weights of a checkpoint in the authors' layout, or as safetensors.");
  line.argument("checkpoint", input, "a checkpoint of ours").needed();
  line.option("output", 'o', output, "FILE", "the file to write; with several networks of the authors' layout: NAME is put before its suffix").needed();
  line.option("format", '\0', format, "FORMAT", "original: the authors' layout, or safetensors; default: by the suffix of FILE").one_of({"original", "safetensors"});
  line.option("weights", '\0', weights, "WHICH", "raw, or ema (averaged)").one_of({"raw", "ema"});
  line.common({Common::overwrite, Common::plugin_path});
  if (!line.parse(args)) return 0;
  if (!line.given("format") && output.extension() == ".safetensors") format = "safetensors";
  Plugins plugins(line.shared().plugin_path);
  const TrainedModel trained = load_trained(plugins, input, weights, {}, at::kCPU);
  std::map<std::string, TensorMap> networks;
  for (const Network& network : trained.model->networks())
    if (network.needed_to_predict) networks[network.name] = state_dict(*network.module);
  if (format == "safetensors") {
    refuse_existing(output, line.shared().overwrite);
    TensorMap all;
    for (const auto& [name, state] : networks)
      for (const auto& [key, tensor] : state) all.emplace_back(networks.size() > 1 ? name + "." + key : key, tensor.contiguous());
    write_safetensors(output, all, {{"format", "pt"}, {"plexus", PLEXUS_VERSION}, {"model", trained.plugin}});
    log::info("wrote " + output.string());
    return 0;
  }
  const auto files = original_files(networks, trained.model->originals());
  for (const auto& [name, content] : files) {
    fs::path target = output;
    if (files.size() > 1) target.replace_filename(output.stem().string() + "-" + name + output.extension().string());
    refuse_existing(target, line.shared().overwrite);
    write_torch_file(target, content);
    log::info("wrote " + target.string());
  }
  return 0;
}

}  // namespace

int model_command(const std::vector<std::string>& args) {
  return dispatch("plexus model", "Files of weights: ours, the authors', safetensors.",
                  {{"inspect", "lists names, shapes and types", inspect},
                   {"import", "makes a checkpoint of ours from an authors' file", import},
                   {"export", "writes the authors' layout, or safetensors", export_file}},
                  args);
}

}  // namespace plexus
