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
  options.add("of", of, "instead of source: an earlier prepare stage, whose folder is read");
  options.add("target", target, "folder to write; default: the stage's folder in the run folder").path();
  options.rule([this] { return source.empty() || of.empty() ? "" : "give source or of, not both"; });
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
  options.add("model", model, "a train stage's name, or {plugin: NAME, …} together with `checkpoint` or `load`; default: the last train stage");
  options.add("checkpoint", checkpoint, "weights from a file, ours or the authors'").path();
  options.add("load", load, "networks of a model that is no stage's: NETWORK: STAGE, STAGE@RATE (an average) or FILE");
  options.add("options", changes, "options of the model that are set anew for this stage, {OPTION: VALUE, …}");
  options.add("weights", weights, "best or last checkpoint; raw or averaged weights of the last one").one_of({"best", "last", "raw", "ema"});
  options.add("subset", subset,
              "samples of the data set that new ones are made from; the first subset's are the training samples (`labeled` and "
              "`all`) of what is generated, further ones keep their name");
  options.add("transforms", transforms, "transforms of these before, drawn anew for each copy: random_crop, …");
  options.add("count", count, "samples made of each; unconditional ones in all").range(1);
  options.add("size", size, "height and width of unconditional samples, which need no data set; empty: conditional").range(1, 65536).unit("pixels");
  options.add("batch", batch, "samples made together").range(1, 4096).no_effect();
  options.add("pictures", pictures, "samples whose pictures are kept as PNG, the first ones").range(0).no_effect();
  options.add("pairs", pairs, "also a file of (image, label) pairs for other programs, by its name in the stage's folder: .pickle or .h5");
  options.add("pair_labels", pair_labels, "values of labels 0 and 1 in that file ([0.5, 1]: as AdaptDiff's authors store them)");
  options.rule([this]() -> std::string {
    if (!checkpoint.empty() && !load.entries().empty()) return "give either `checkpoint` or `load`";
    if (!size.empty() && size.size() != 2) return "size takes two numbers: height, width";
    if (pair_labels.size() != 2) return "pair_labels takes two numbers";
    if (!pairs.empty() && !pairs.ends_with(".pickle") && !pairs.ends_with(".h5")) return "pairs: a name that ends in .pickle or .h5";
    if (pairs.find('/') != std::string::npos) return "pairs: a name without folders";
    return "";
  });
}

void PredictStage::declare(Options& options) {
  CommonStage::declare(options);
  options.add("model", model, "a train stage's name, or {plugin: NAME, …} together with `checkpoint`");
  options.add("options", changes, "options of the trained model that are set anew: how it predicts, not what it is");
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
