#include <plexus/host/model_source.hpp>
#include <plexus/host/run.hpp>

namespace plexus {

ModelSource::ModelSource(Plugins& plugins, const Node& model, std::string checkpoint, std::string weights, const Stage::Place& place)
    : named_(model), checkpoint_(std::move(checkpoint)), weights_(std::move(weights)) {
  if (checkpoint_.empty()) {
    if (!model.is_null() && !model.is_scalar())
      throw Error(ErrorKind::configuration, "stage '" + place.name + "' has a model but no weights", model.at().text(),
                  "name a train stage, or give `checkpoint: FILE`");
  } else if (!model.is_null()) {
    part_ = model_part(plugins, model, "model");
  }
}

void ModelSource::connect(const Pipeline& pipeline, const Stage::Place& place) {
  if (!checkpoint_.empty()) return;
  if (named_.is_scalar()) {
    stage_ = named_.text();
  } else {
    for (const auto& stage : pipeline.stages())
      if (stage->kind() == "train" && stage->place().variables == place.variables) stage_ = stage->name();
    if (stage_.empty())
      throw Error(ErrorKind::configuration, "stage '" + place.name + "' names no model, and no train stage is before it",
                  place.at.text(), "give `model: STAGE`, or `checkpoint: FILE`");
  }
  if (const Stage* stage = pipeline.find(stage_); stage != nullptr && stage->kind() != "train")
    throw Error(ErrorKind::configuration, "stage '" + stage_ + "' is of kind " + stage->kind() + ", not train", place.at.text());
}

std::filesystem::path ModelSource::file(const Run& run) const {
  return stage_.empty() ? std::filesystem::path(checkpoint_) : run.checkpoint(*run.pipeline().find(stage_), weights_);
}

TrainedModel ModelSource::load(Run& run, const DataInfo& info, const Node& changes) const {
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
