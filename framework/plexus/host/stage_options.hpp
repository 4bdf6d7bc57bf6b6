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
  std::string model;
  std::string weights = "best", subset = "test";
  void declare(Options& options);
};

struct PredictStage : CommonStage {
  Node model;              // the name of a train stage, or {plugin: NAME, …} together with `checkpoint`
  Node options;            // of the trained model, set anew
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
