#include <plexus/host/parts.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/fault.hpp>

namespace plexus {
namespace {

template <class Built, class Find>
Part<Built> bind_part(const char* kind, const Node& node, const std::string& where, Find&& find) {
  Part<Built> part;
  part.kind = kind;
  Node settings = node;
  if (node.is_scalar()) {
    part.plugin = node.text();
    settings = Node::map({}, node.at());
  } else if (node.is_map() && node.entries().size() == 1 && !node.entries()[0].second.is_scalar()) {
    part.plugin = node.entries()[0].first;
    settings = node.entries()[0].second;
    if (settings.is_null()) settings = Node::map({}, node.at());
  } else if (node.is_map()) {
    const Node* plugin = node.find("plugin");
    if (plugin == nullptr || !plugin->is_scalar())
      throw Error(ErrorKind::configuration, where + " names no plugin", node.at().text(), "write {plugin: NAME, …}, or {NAME: {…}}");
    part.plugin = plugin->text();
    settings.erase("plugin");
  } else {
    throw Error(ErrorKind::configuration, where + " is not {plugin: NAME, …}", node.at().text());
  }
  try {
    part.builder = find(part.plugin);
  } catch (const Error& error) {
    throw error.within(node.at().text());
  }
  part.builder->options().apply(settings, where);
  return part;
}

}  // namespace

void fail_to_make(const std::string& kind, const std::string& plugin, const std::exception& error) {
  if (is_memory_fault(error)) throw;
  throw Error(ErrorKind::plugin, "the " + kind + " '" + plugin + "' cannot be made: " + first_line(error), "",
              "a fault of the plugin; tell its author");
}

Node option_values(const Options& options, bool results_only) {
  const Node all = options.resolved();
  Node map = Node::map({});
  for (const Option& option : options.all())
    if (!results_only || option.affects_results) map.set(option.name, *all.find(option.name));
  return map;
}

template <class Built> Node Part<Built>::resolved(bool results_only) const {
  Node map = Node::map({});
  map.set("plugin", Node::scalar(plugin));
  const Node values = option_values(builder->options(), results_only);
  for (const auto& [name, value] : values.entries()) map.set(name, value);
  return map;
}
template struct Part<ModelBuilder>;
template struct Part<TrainerBuilder>;
template struct Part<DatasetBuilder>;
template struct Part<TransformBuilder>;
template struct Part<MetricBuilder>;
template struct Part<PreprocessorBuilder>;

Part<ModelBuilder> model_part(Plugins& plugins, const Node& node, const std::string& where) {
  return bind_part<ModelBuilder>("model", node, where, [&](const std::string& name) { return plugins.model(name); });
}
Part<TrainerBuilder> trainer_part(Plugins& plugins, const Node& node, const std::string& where) {
  return bind_part<TrainerBuilder>("trainer", node, where, [&](const std::string& name) { return plugins.trainer(name); });
}
Part<DatasetBuilder> dataset_part(Plugins& plugins, const Node& node, const std::string& where) {
  return bind_part<DatasetBuilder>("dataset", node, where, [&](const std::string& name) { return plugins.dataset(name); });
}
Part<TransformBuilder> transform_part(Plugins& plugins, const Node& node, const std::string& where) {
  return bind_part<TransformBuilder>("transform", node, where, [&](const std::string& name) { return plugins.transform(name); });
}
Part<MetricBuilder> metric_part(Plugins& plugins, const Node& node, const std::string& where) {
  return bind_part<MetricBuilder>("metric", node, where, [&](const std::string& name) { return plugins.metric(name); });
}
Part<PreprocessorBuilder> preprocessor_part(Plugins& plugins, const Node& node, const std::string& where) {
  return bind_part<PreprocessorBuilder>("preprocessor", node, where, [&](const std::string& name) { return plugins.preprocessor(name); });
}

TransformList make_transforms(const std::vector<Part<TransformBuilder>>& parts) {
  TransformList transforms;
  for (const auto& part : parts) transforms.push_back(part.make());
  return transforms;
}

}  // namespace plexus
