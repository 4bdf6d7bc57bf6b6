#pragma once
#include <memory>
#include <string>
#include <vector>

#include <plexus/host/parts.hpp>
#include <plexus/host/stage.hpp>

namespace plexus {

// Where a stage's samples come from: a plugin's data set; one whose `root` is the folder of an earlier `prepare` stage
// ({plugin: nifti_folder, of: NAME}); or what a `generate` stage wrote ({plugin: stage, of: NAME}).
class DataSource {
 public:
  DataSource() = default;
  // `own` is the stage's `data`; where it is null the pipeline's is taken. Throws Error(configuration) where both are.
  DataSource(Plugins& plugins, const Node& own, const Stage::Place& place);
  std::unique_ptr<Dataset> make(const Run& run) const;
  // Throws Error(configuration) where data that no stage makes lack one of the subsets, with the nearest name; what make() throws.
  void check(const Run& run, const std::vector<std::string>& subsets) const;
  std::vector<std::string> needs() const;
  Node resolved(bool results_only) const;

 private:
  Plugins* plugins_ = nullptr;
  Node node_;                  // {plugin: NAME, …} without `of`
  Part<DatasetBuilder> part_;  // empty for generated samples
  std::string of_;
  std::string where_;          // the stage, for messages
};

}  // namespace plexus
