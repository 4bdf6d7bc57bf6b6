#include <plexus/host/model_source.hpp>
#include <plexus/host/run.hpp>
#include <plexus/train/predict.hpp>

namespace plexus {

ModelSource::ModelSource(Plugins& plugins, const Node& model, std::string checkpoint, std::string weights, const Stage::Place& place,
                         const Node& load)
    : loads_(load),
      name_(place.name),
      seed_(static_cast<std::uint64_t>(place.seed)),
      named_(model),
      checkpoint_(std::move(checkpoint)),
      weights_(std::move(weights)) {
  const bool stage = model.is_null() || model.is_scalar();
  if (!load.entries().empty() && (stage || !checkpoint_.empty()))
    throw Error(ErrorKind::configuration, "`load` fills the networks of a model that is given as {plugin: NAME, …}, without `checkpoint`",
                load.at().text());
  if (checkpoint_.empty() && !stage && load.entries().empty())
    throw Error(ErrorKind::configuration, "stage '" + place.name + "' has a model but no weights", model.at().text(),
                "name a train stage, or give `checkpoint: FILE`");
  if (!model.is_null() && (!checkpoint_.empty() || !stage)) part_ = model_part(plugins, model, "model");
}

void ModelSource::connect(const Pipeline& pipeline, const Stage& of) {
  const Stage::Place& place = of.place();
  loads_.connect(pipeline, of);
  if (!checkpoint_.empty() || part_) return;
  if (named_.is_scalar()) {
    stage_ = named_.text();
  } else {
    const Stage* latest = pipeline.latest("train", place.variables);
    if (latest == nullptr)
      throw Error(ErrorKind::configuration, "stage '" + place.name + "' names no model, and no train stage is before it",
                  place.at.text(), "give `model: STAGE`, or `checkpoint: FILE`");
    stage_ = latest->name();
  }
  if (const Stage* stage = pipeline.find(stage_); stage != nullptr && stage->kind() != "train")
    throw Error(ErrorKind::configuration, "stage '" + stage_ + "' is of kind " + stage->kind() + ", not train", place.at.text());
}

void ModelSource::check(const Pipeline& pipeline, Plugins& plugins, const Node& changes) const {
  const Stage* stage = changes.is_null() || stage_.empty() ? nullptr : pipeline.find(stage_);
  if (stage == nullptr) return;
  const Node resolved = stage->resolved(false);
  const Node* model = resolved.find("model");
  if (model == nullptr) return;
  Node changed = *model;
  for (const auto& [key, value] : changes.entries()) changed.set(key, value);
  model_part(plugins, changed, "options");
}

void ModelSource::check_files() const {
  auto files = loads_.files();
  if (stage_.empty() && !checkpoint_.empty()) files.push_back(checkpoint_);
  require_files(files);
}

std::filesystem::path ModelSource::file(const Run& run) const {
  return stage_.empty() ? std::filesystem::path(checkpoint_) : run.checkpoint(*run.pipeline().find(stage_), weights_);
}

std::vector<std::string> ModelSource::needs() const {
  auto all = loads_.needs();
  if (!stage_.empty()) all.push_back(stage_);
  return all;
}

std::vector<std::string> ModelSource::files(const Run& run) const {
  auto all = loads_.files();
  if (!stage_.empty() || !checkpoint_.empty()) all.push_back(file(run).string());
  return all;
}

TrainedModel ModelSource::load(Run& run, const DataInfo& info, const Node& changes) const {
  if (stage_.empty() && checkpoint_.empty()) {
    TrainedModel made;
    made.plugin = part_.plugin;
    made.info = info;
    seed_initialisation(seed_, name_);
    made.model = part_.make(info);
    loads_.fill(run, *made.model);
    move_networks(*made.model, run.device());
    return made;
  }
  if (!stage_.empty()) return load_trained(run.plugins(), file(run), weights_, changes, run.device());
  Node model = named_;
  for (const auto& [key, value] : changes.entries()) {
    if (model.is_scalar()) model = Node::map({{"plugin", model}});
    if (model.is_null()) model = Node::map({});
    model.set(key, value);
  }
  return load_any(run.plugins(), file(run), model, info, weights_, run.device());
}

void ModelSource::resolve(Node& node, bool results_only) const {
  if (part_) node.set("model", part_.resolved(results_only));
  if (!stage_.empty()) node.set("model", Node::scalar(stage_));
}

}  // namespace plexus
