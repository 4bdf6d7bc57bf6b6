#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/base/node.hpp>
#include <plexus/sdk/model.hpp>

namespace plexus {

class Pipeline;
class Run;
class Stage;

// Where a network's weights came from.
struct LoadedNetwork {
  std::string network;
  std::filesystem::path file;
  std::string rate;  // of the average that was taken; "": the raw weights
};

// A stage's `load`: networks to fill from other stages (STAGE, or STAGE@RATE for an average) or from files, ours or the
// authors'.
class Loads {
 public:
  Loads() = default;
  // Throws Error(configuration) where a source is no text.
  explicit Loads(const Node& load);
  // Tells stages from files; once all stages are known.
  void connect(const Pipeline& pipeline, const Stage& of);
  const std::vector<std::string>& needs() const { return needs_; }
  const std::vector<std::string>& files() const { return files_; }
  // Fills the networks. Throws Error(configuration) where the model lacks one, or has a frozen one that nothing fills, Error(data)
  // where weights do not fit.
  std::vector<LoadedNetwork> fill(const Run& run, Model& model) const;

 private:
  Node load_;
  std::vector<std::string> needs_, files_;
  std::string where_;  // the stage, for messages
};

// Throws Error(data) for each file of weights that is not there.
void require_files(const std::vector<std::string>& files);

}  // namespace plexus
