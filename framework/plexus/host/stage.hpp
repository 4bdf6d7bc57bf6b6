#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/host/parts.hpp>
#include <plexus/host/stage_options.hpp>

namespace plexus {

class DataSource;
class Pipeline;
class Run;

// One stage of a pipeline with its options bound. `repeat` makes several of one entry of the file; they share `base_name`
// and differ in `variables`.
class Stage {
 public:
  struct Place {
    std::string kind, name, base_name;
    std::map<std::string, std::string> variables;  // of `repeat`: {"seed", "1"}
    Location at;
    std::int64_t seed = 0;
    Node data;                                     // the pipeline's
  };
  explicit Stage(Place place);
  virtual ~Stage();
  const Place& place() const { return place_; }
  const std::string& name() const { return place_.name; }
  const std::string& kind() const { return place_.kind; }

  // Stages whose results this one reads; checked by Pipeline.
  virtual std::vector<std::string> needs() const { return {}; }
  // Fills in what depends on stages before this one ("the last predict stage").
  virtual void connect(const Pipeline&) {}
  virtual Node resolved(bool results_only = false) const = 0;
  // What results depend on besides options: names, sizes and times of files.
  virtual std::vector<std::string> input_files(const Run&) const { return {}; }
  // What can be known before any stage runs: data that no stage makes are there and have the subsets, files of weights exist.
  // Throws Error or Errors.
  virtual void check(const Run&) const {}
  // Costly results are never thrown away without being asked.
  virtual bool costly() const { return false; }
  // Files and folders, relative to the stage's folder, that it makes.
  virtual std::vector<std::string> outputs() const = 0;
  // Does the work; returns a line for people. Throws Error.
  virtual std::string run(Run& run) = 0;
  // The folder of what it makes, where that is not the stage's own ("" there).
  virtual std::filesystem::path target() const { return {}; }
  // Where this stage's samples come from; null where it has none.
  virtual const DataSource* data() const { return nullptr; }
  // The subset of it that a predict stage works on.
  virtual std::string subset() const { return {}; }

 protected:
  Place place_;
};

// Makes a stage from its body; throws every error in it together.
std::unique_ptr<Stage> make_stage(Stage::Place place, const Node& body, Plugins& plugins);

}  // namespace plexus
