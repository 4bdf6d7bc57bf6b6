#pragma once
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <plexus/host/plugins.hpp>

namespace plexus {

// Called while `error` is handled; what says that memory ran out is thrown on as it is.
[[noreturn]] void fail_to_make(const std::string& kind, const std::string& plugin, const std::exception& error);

// An object of a plugin, chosen by name and with its options bound, not made yet: {plugin: NAME, option: value, …},
// {NAME: {option: value, …}}, or just NAME.
template <class Built> struct Part {
  std::string plugin, kind;  // kind: "model", …
  std::unique_ptr<Built> builder;
  explicit operator bool() const { return builder != nullptr; }
  // Makes the object. Throws Error as the plugin does, and Error(plugin) that names it for any other exception of its.
  template <class... Inputs> auto make(Inputs&&... inputs) const {
    try {
      return builder->make(std::forward<Inputs>(inputs)...);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      fail_to_make(kind, plugin, error);
    }
  }
  // {plugin: NAME, every option: its value}; with `results_only`, without those that change no result.
  Node resolved(bool results_only = false) const;
};

// Each throws Error(plugin) where the plugin cannot be had and Error(configuration) for its options; `where` names the key.
Part<ModelBuilder> model_part(Plugins& plugins, const Node& node, const std::string& where);
Part<TrainerBuilder> trainer_part(Plugins& plugins, const Node& node, const std::string& where);
Part<DatasetBuilder> dataset_part(Plugins& plugins, const Node& node, const std::string& where);
Part<TransformBuilder> transform_part(Plugins& plugins, const Node& node, const std::string& where);
Part<MetricBuilder> metric_part(Plugins& plugins, const Node& node, const std::string& where);
Part<PreprocessorBuilder> preprocessor_part(Plugins& plugins, const Node& node, const std::string& where);

using TransformList = std::vector<std::shared_ptr<const Transform>>;
TransformList make_transforms(const std::vector<Part<TransformBuilder>>& parts);

// The present values of declared options as a map.
Node option_values(const Options& options, bool results_only);

}  // namespace plexus
