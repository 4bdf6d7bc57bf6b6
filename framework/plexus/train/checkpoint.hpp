#pragma once
#include <filesystem>
#include <map>
#include <string>

#include <plexus/nn/pickle.hpp>

namespace plexus {

// All that a stage keeps, in one file of plain types that Python's torch.load(weights_only=True) reads:
//   {"plexus": 1, "networks": {name: state dict}, "averages": {"segmenter@0.99": state dict}, "optimizers", "trainer",
//    "progress", "resolved": JSON text, "versions": {name: text}}
struct Checkpoint {
  std::map<std::string, TensorMap> networks;
  std::map<std::string, TensorMap> averages;    // "NETWORK@RATE"
  PickleValue optimizers, trainer, progress;    // what the engine and the Trainer save; None where there is nothing
  std::string resolved;                         // JSON: model plugin, its settings, DataInfo, options
  std::map<std::string, std::string> versions;  // "plexus", "torch", plugin names
};

// Atomic and flushed; the file ends with the SHA-256 of everything before it (as the zip's comment, so that other readers
// take no notice). Where the file's stem is `last`, an intact one that is there already stays as previous_checkpoint(path).
// Tensors may be on any device. Error(resource) where the disk is full; the old file is then untouched.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

// Verifies the checksum before anything else is read. A `last` that is missing or damaged is replaced, with a warning, by
// the previous one if that is intact; otherwise Error(data).
Checkpoint load_checkpoint(const std::filesystem::path& path);

// By its first bytes; true for a damaged one as well. False where there is no such file.
bool is_plexus_checkpoint(const std::filesystem::path& path);

// "last.pth" -> "last.previous.pth"
std::filesystem::path previous_checkpoint(const std::filesystem::path& path);

}  // namespace plexus
