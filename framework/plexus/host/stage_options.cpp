#include <plexus/host/stage_options.hpp>

namespace plexus {

void CommonStage::declare(Options& options) {
  options.add("name", name, "what other stages call this one; default: its kind");
  options.add("data", data, "data set of this stage, {plugin: NAME, …}; default: the pipeline's `data`");
  options.add("seed", seed, "seed of every random draw; -1: the pipeline's").range(-1);
}

void PrepareStage::declare(Options& options) {
  CommonStage::declare(options);
  options.add("step", step, "the preprocessor, {plugin: NAME, …}").required();
  options.add("source", source, "folder to read").path();
  options.add("target", target, "folder to write; default: the stage's folder in the run folder").path();
}

void TrainStage::declare(Options& options) {
  CommonStage::declare(options);
  options.add("model", model, "what is trained, {plugin: NAME, …}").required();
  options.add("trainer", trainer, "how it is trained, {plugin: NAME, …}").required();
  options.add("preprocess", preprocess, "transforms of every sample, in training and prediction alike; remembered in the checkpoint");
  options.add("transforms", transforms, "transforms of training samples, before the trainer's own");
  options.add("metrics", metrics, "metrics of the validation; the first one, averaged, chooses the best checkpoint");
  options.add("load", load, "networks to begin from: NETWORK: STAGE, STAGE@RATE (an average) or FILE");
  fit.declare(options);
}

void GenerateStage::declare(Options& options) {
  CommonStage::declare(options);
  options.add("model", model, "the train stage whose model generates").required();
  options.add("weights", weights, "which weights of it").one_of({"best", "last", "raw", "ema"});
  options.add("subset", subset, "samples to generate from");
}

void PredictStage::declare(Options& options) {
  CommonStage::declare(options);
  options.add("model", model, "a train stage's name, or {plugin: NAME, …} together with `checkpoint`");
  options.add("options", this->options, "options of the trained model that are set anew: how it predicts, not what it is");
  options.add("checkpoint", checkpoint, "weights from a file, ours or the authors'").path();
  options.add("weights", weights, "best or last checkpoint; raw or averaged weights of the last one").one_of({"best", "last", "raw", "ema"});
  options.add("subset", subset, "which cases");
}

void EvaluateStage::declare(Options& options) {
  CommonStage::declare(options);
  options.add("of", of, "the predict stage to evaluate; default: the last one before");
  options.add("metrics", metrics, "list of metrics: names, or {plugin: NAME, …}; default: dice, jaccard, hd95, asd");
}

void ReportStage::declare(Options& options) {
  CommonStage::declare(options);
  options.add("title", title, "heading of the page; default: the pipeline's name");
  options.add("overlays", overlays, "pictures of the best and of the worst cases, each").range(0, 50);
}

}  // namespace plexus
