#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <plexus/base/search.hpp>
#include <plexus/sdk/registry.hpp>

namespace plexus {

using ModelBuilder = Builder<Model, const DataInfo&>;
using TrainerBuilder = Builder<Trainer, Model&, const DataInfo&>;
using DatasetBuilder = Builder<Dataset>;
using TransformBuilder = Builder<Transform>;
using MetricBuilder = Builder<Metric, const DataInfo&>;
using PreprocessorBuilder = Builder<Preprocessor>;

// One object that a plugin offers.
struct Offer {
  std::string plugin, kind;  // kind: model, trainer, dataset, transform, metric, preprocessor
  std::string name, summary;
  std::function<std::shared_ptr<Options>()> options;  // with their defaults; makes no object
};

// What this program is, to compare plugins with: interface version, digests, LibTorch and standard library.
PluginDescriptor host_descriptor();

// The plugins found in the search folders, opened when first asked for and never closed. The framework's own metrics and
// transforms are the plugin "plexus", which has no file. One thread.
class Plugins {
 public:
  // `given` folders (--plugin-path) come before those of plugin_folders. Runs no code of any plugin.
  explicit Plugins(const std::vector<std::filesystem::path>& given);
  ~Plugins();
  Plugins(const Plugins&) = delete;
  Plugins& operator=(const Plugins&) = delete;

  // Every plugin file with its descriptor; one that was opened in vain has its `problem` set by then.
  const std::vector<FoundPlugin>& found() const noexcept { return found_; }

  // By "plugin.object", or by the object's name: the plugin of that name is asked first, then the built-in ones, then all
  // others. Throws Error(plugin): unknown (with the nearest name), refused (with the reason), or offered by two plugins.
  std::unique_ptr<ModelBuilder> model(const std::string& name);
  std::unique_ptr<TrainerBuilder> trainer(const std::string& name);
  std::unique_ptr<DatasetBuilder> dataset(const std::string& name);
  std::unique_ptr<TransformBuilder> transform(const std::string& name);
  std::unique_ptr<MetricBuilder> metric(const std::string& name);
  std::unique_ptr<PreprocessorBuilder> preprocessor(const std::string& name);

  // Opens every plugin that may be opened; failures are kept as its `problem`.
  void open_all();
  // What one plugin offers; opens it. Throws Error(plugin) where it is unknown, refused or fails.
  std::vector<Offer> offers(const std::string& plugin);
  // What the plugins opened so far offer, by plugin and kind.
  std::vector<Offer> offers() const;
  // The files of the plugins opened so far, by plugin name: what a run's results depend on.
  std::map<std::string, std::filesystem::path> opened() const;

 private:
  struct Opened;
  template <class Builders>
  auto start(Builders Registry::*kind, const char* word, const std::string& name);
  const Registry& open(FoundPlugin& plugin);
  const Registry* try_open(FoundPlugin& plugin);
  const Registry& open_named(const std::string& plugin);
  std::string unknown(const std::string& name, const std::vector<std::string>& candidates) const;

  std::vector<FoundPlugin> found_;
  std::map<std::string, std::unique_ptr<Opened>> opened_;
};

}  // namespace plexus
