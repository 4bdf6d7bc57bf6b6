#include <plexus/host/stages/stages.hpp>

namespace plexus {

Stage::Stage(Place place) : place_(std::move(place)) {}
Stage::~Stage() = default;

std::unique_ptr<Stage> make_stage(Stage::Place place, const Node& body, Plugins& plugins) {
  if (place.kind == "prepare") return make_prepare_stage(std::move(place), body, plugins);
  if (place.kind == "train") return make_train_stage(std::move(place), body, plugins);
  if (place.kind == "generate") return make_generate_stage(std::move(place), body, plugins);
  if (place.kind == "predict") return make_predict_stage(std::move(place), body, plugins);
  if (place.kind == "evaluate") return make_evaluate_stage(std::move(place), body, plugins);
  return make_report_stage(std::move(place), body, plugins);
}

void set_part(Node& resolved, const std::string& key, const Node& part) {
  if (part.is_null())
    resolved.erase(key);
  else
    resolved.set(key, part);
}

std::vector<Part<MetricBuilder>> metric_parts(Plugins& plugins, const std::vector<Node>& list, const std::string& where) {
  std::vector<Node> names = list;
  if (names.empty())
    for (const char* name : {"dice", "jaccard", "hd95", "asd"}) names.push_back(Node::scalar(name));
  std::vector<Part<MetricBuilder>> parts;
  for (const Node& name : names) parts.push_back(metric_part(plugins, name, where));
  return parts;
}

std::vector<std::shared_ptr<const Metric>> make_metrics(const std::vector<Part<MetricBuilder>>& parts, const DataInfo& info) {
  std::vector<std::shared_ptr<const Metric>> metrics;
  for (const auto& part : parts) metrics.push_back(part.make(info));
  return metrics;
}

}  // namespace plexus
