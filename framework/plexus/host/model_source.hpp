#pragma once
#include <filesystem>
#include <string>

#include <plexus/host/parts.hpp>
#include <plexus/host/stage.hpp>
#include <plexus/host/trained_model.hpp>

namespace plexus {

// Whose weights a stage works with: a train stage's, or a file's (ours or the authors').
class ModelSource {
 public:
  ModelSource() = default;
  // `model`: a train stage's name, or {plugin: NAME, …} beside a `checkpoint`. Throws Error(configuration) for a model without
  // weights.
  ModelSource(Plugins& plugins, const Node& model, std::string checkpoint, std::string weights, const Stage::Place& place);
  // Finds the train stage: the named one, else the last of the same round before. Throws Error(configuration).
  void connect(const Pipeline& pipeline, const Stage::Place& place);

  const std::string& stage() const { return stage_; }  // "" for a file
  std::filesystem::path file(const Run& run) const;
  // `info`: what is known of the data where a file of the authors' does not say it. `changes`: options of the model that are
  // set anew.
  TrainedModel load(Run& run, const DataInfo& info, const Node& changes = {}) const;
  // Puts `model` into a stage's resolved options.
  void resolve(Node& node, bool results_only) const;

 private:
  Part<ModelBuilder> part_;
  Node named_;
  std::string stage_, checkpoint_, weights_;
};

}  // namespace plexus
