#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include <plexus/base/file.hpp>
#include <plexus/host/pipeline.hpp>

namespace plexus {

enum class ResumeMode { automatic, never, must };

// What the command line says of a run.
struct RunSettings {
  std::filesystem::path folder;
  std::string device = "cpu";
  int jobs = 1, compute_threads = 1;
  ResumeMode resume = ResumeMode::automatic;
  bool overwrite = false, keep_going = true, dry_run = false, deterministic = false;
  std::vector<std::string> only;          // stage names or kinds; empty: all
  std::vector<std::string> command_line;
  std::string pipeline_text;              // the file as given
  std::filesystem::path pipeline_file;    // where it lies: relative paths in it are meant from there
  bool only_look = false;                 // a stage is done anew (`plexus report`), the run's own record stays
  Node tree;                              // as read, includes and --set done; kept as pipeline.json for `plexus report`
};

// The run folder of one pipeline, and its execution: stages in order, those that are up to date left alone.
class Run {
 public:
  Run(Pipeline& pipeline, Plugins& plugins, RunSettings settings);

  // Executes what is not yet done. Throws the first stage's Error after recording it; returns the number of cases that
  // failed in stages that went on. One line a stage goes to the log.
  std::int64_t execute();

  const RunSettings& settings() const { return settings_; }
  Pipeline& pipeline() const { return pipeline_; }
  Plugins& plugins() const { return plugins_; }
  at::Device device() const { return device_; }
  // The folder of a stage's results: the run folder where it is the only one of its kind, else RUN/NAME.
  std::filesystem::path folder(const Stage& stage) const;
  // Where the stage's files are: its `target`, else its folder.
  std::filesystem::path results(const Stage& stage) const;
  // The stage's checkpoint for a choice of weights: best (else last, where no validation chose one), last. Throws Error(data) where
  // it had a best one that is gone.
  std::filesystem::path checkpoint(const Stage& stage, const std::string& weights) const;
  // Whether the stage was begun by an earlier process with the same options and may go on where it stopped.
  bool resumable(const Stage& stage) const;
  void failed_cases(std::int64_t count) { failed_cases_ += count; }
  // Figures of a stage for its record and the report: "seconds_per_step", "peak_bytes", ….
  void record(const Stage& stage, const std::string& key, const nlohmann::json& value);
  const nlohmann::json& records() const;

 private:
  std::string fingerprint(const Stage& stage) const;
  // What the files on its record are below.
  std::filesystem::path written_below(const Stage& stage) const;
  void begin();
  void end(const std::string& state, int code);
  void save_records() const;
  void execute_stage(Stage& stage);
  bool wanted(const Stage& stage) const;

  Pipeline& pipeline_;
  Plugins& plugins_;
  RunSettings settings_;
  at::Device device_;
  std::unique_ptr<FolderLock> lock_;
  std::shared_ptr<nlohmann::json> records_;
  mutable std::map<std::string, std::string> fingerprints_;
  std::set<std::string> would_run_;  // of a dry run: what later stages need may not be there yet
  std::int64_t failed_cases_ = 0;
};

// Throws Error(resource) where fewer bytes are free for the path.
void require_free(const std::filesystem::path& path, std::uint64_t bytes, const std::string& what);

}  // namespace plexus
