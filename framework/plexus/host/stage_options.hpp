#pragma once
#include <string>
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/train/fit.hpp>

// The settings of each kind of stage, declared once: validation, the JSON schema and the reference page come from them.
namespace plexus {

// Every kind has these.
struct CommonStage {
  std::string name;  // default: the kind, or kind-2, kind-3, … where it is taken
  Node data;         // {plugin: NAME, …}; default: the pipeline's `data`
  std::int64_t seed = -1;
  void declare(Options& options);
};

struct PrepareStage : CommonStage {
  Node step;                   // {plugin: NAME, …}
  std::string source, target;  // folders
  std::string of;              // instead of source: an earlier prepare stage, whose folder it is
  void declare(Options& options);
};

struct TrainStage : CommonStage {
  Node model, trainer;
  std::vector<Node> preprocess, transforms, metrics;
  Node load;  // network -> "stage", "stage@average" or a file
  FitOptions fit;
  void declare(Options& options);
};

struct GenerateStage : CommonStage {
  Node model;              // as of PredictStage, or {plugin: NAME, …} together with `load`
  std::string checkpoint;  // likewise
  Node load;               // as of TrainStage
  Node changes;            // as of PredictStage
  std::string weights = "best";
  std::vector<std::string> subset{"test"};
  std::vector<Node> transforms;
  std::int64_t count = 1, batch = 1, pictures = 8;
  std::vector<std::int64_t> size;  // unconditional samples
  std::string pairs;
  std::vector<double> pair_labels{0, 1};
  void declare(Options& options);
};

struct PredictStage : CommonStage {
  Node model;              // the name of a train stage, or {plugin: NAME, …} together with `checkpoint`
  Node changes;            // options of the trained model that are set anew
  std::string checkpoint;  // a file of ours or of the authors
  std::string weights = "best", subset = "test";
  void declare(Options& options);
};

struct EvaluateStage : CommonStage {
  std::string of;  // a predict stage; default: the last one before
  std::vector<Node> metrics;
  void declare(Options& options);
};

struct ReportStage : CommonStage {
  std::string title;
  std::int64_t overlays = 3;
  void declare(Options& options);
};

}  // namespace plexus
