#pragma once
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>

namespace plexus {

class Plugins;
class Run;
class Stage;

// The settings at the top of a pipeline file.
struct PipelineSettings {
  std::string name;
  std::int64_t seed = 0;
  Node data;
  std::vector<Node> stages;
  void declare(Options& options);
};

// Thrown where a stage leans on one whose own errors are told already: there is nothing more to tell.
struct FaultyStage : std::exception {};

// A pipeline file, checked: every option of every stage bound to its plugin's declaration, every name of a stage found.
class Pipeline {
 public:
  // Throws all errors of the tree together. `fallback_name` is used where the file names none.
  Pipeline(const Node& tree, Plugins& plugins, const std::string& fallback_name);
  ~Pipeline();
  const PipelineSettings& settings() const { return settings_; }
  const std::vector<std::unique_ptr<Stage>>& stages() const { return stages_; }
  // Null where there is none. While stages are connected: those before, throwing FaultyStage for one with errors of its own.
  Stage* find(const std::string& name) const;
  // The last of the kind in the same round of a repeat group, likewise.
  Stage* latest(const std::string& kind, const std::map<std::string, std::string>& variables) const;
  // Every option with its value; a pipeline file again.
  Node resolved() const;

 private:
  void connect(Stage& stage, const std::set<std::string>& names) const;

  // One that could not be made.
  struct Faulty { std::string name, kind; std::map<std::string, std::string> variables; };
  PipelineSettings settings_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::vector<Faulty> faulty_;
};

// Reads the file and applies --set assignments; no plugin is needed.
Node read_pipeline(const std::filesystem::path& file, const std::vector<std::string>& assignments);

const std::vector<std::string>& stage_kind_names();
}  // namespace plexus
