#pragma once
#include <plexus/host/data_source.hpp>
#include <plexus/host/stage.hpp>

// The makers of the kinds of stages; make_stage picks one.
namespace plexus {

std::unique_ptr<Stage> make_prepare_stage(Stage::Place place, const Node& body, Plugins& plugins);
std::unique_ptr<Stage> make_train_stage(Stage::Place place, const Node& body, Plugins& plugins);
std::unique_ptr<Stage> make_generate_stage(Stage::Place place, const Node& body, Plugins& plugins);
std::unique_ptr<Stage> make_predict_stage(Stage::Place place, const Node& body, Plugins& plugins);
std::unique_ptr<Stage> make_evaluate_stage(Stage::Place place, const Node& body, Plugins& plugins);
std::unique_ptr<Stage> make_report_stage(Stage::Place place, const Node& body, Plugins& plugins);

// Binds a stage's own options and its seed.
template <class Settings> void bind_stage(Settings& settings, Options& options, Stage::Place& place, const Node& body) {
  settings.declare(options);
  options.apply(body, "stage " + place.name);
  if (settings.seed >= 0 && place.variables.count("seed") == 0) place.seed = settings.seed;
}

// The stage's options with the bound parts in place of what the file said.
void set_part(Node& resolved, const std::string& key, const Node& part);
template <class Built> Node part_list(const std::vector<Part<Built>>& parts, bool results_only) {
  std::vector<Node> list;
  for (const auto& part : parts) list.push_back(part.resolved(results_only));
  return Node::list(std::move(list));
}

// The metrics of a list, or the usual ones for an empty list.
std::vector<Part<MetricBuilder>> metric_parts(Plugins& plugins, const std::vector<Node>& list, const std::string& where);
std::vector<std::shared_ptr<const Metric>> make_metrics(const std::vector<Part<MetricBuilder>>& parts, const DataInfo& info);

}  // namespace plexus
