#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/host/loads.hpp>
#include <plexus/host/parts.hpp>
#include <plexus/host/stage.hpp>
#include <plexus/host/trained_model.hpp>

namespace plexus {

// Whose weights a stage works with: a train stage's, a file's (ours or the authors'), or those of networks that `load` names one by
// one.
class ModelSource {
 public:
  ModelSource() = default;
  // `model`: a train stage's name, or {plugin: NAME, …} beside a `checkpoint` or `load`. Throws Error(configuration) for a model
  // without weights.
  ModelSource(Plugins& plugins, const Node& model, std::string checkpoint, std::string weights, const Stage::Place& place,
              const Node& load = {});
  // Finds the train stage: the named one, else the last of the same round before. Throws Error(configuration).
  void connect(const Pipeline& pipeline, const Stage& of);

  // Options of the train stage's model that are to be set anew: a mistake in them must not wait for the end of the training.
  // Throws Error(configuration).
  void check(const Pipeline& pipeline, Plugins& plugins, const Node& changes) const;

  // Throws Error(data) for each file of weights that is not there.
  void check_files() const;

  const std::string& stage() const { return stage_; }  // "" for files
  std::vector<std::string> needs() const;
  std::vector<std::string> files(const Run& run) const;
  // `info`: what is known of the data where a file of the authors' does not say it. `changes`: options of the model that are
  // set anew.
  TrainedModel load(Run& run, const DataInfo& info, const Node& changes = {}) const;
  // Puts `model` into a stage's resolved options.
  void resolve(Node& node, bool results_only) const;

 private:
  std::filesystem::path file(const Run& run) const;
  Part<ModelBuilder> part_;
  Loads loads_;
  std::string name_;
  std::uint64_t seed_ = 0;
  Node named_;
  std::string stage_, checkpoint_, weights_;
};

}  // namespace plexus
