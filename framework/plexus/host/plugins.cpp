#include <plexus/host/plugins.hpp>

#include <set>
#include <utility>

#include <fmt/format.h>
#include <torch/version.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/transforms/builtin.hpp>
#include <plexus/eval/builtin.hpp>
#include <plexus/host/library.hpp>
#include <plexus/sdk/abi.hpp>
#include <plexus/sdk/version.hpp>

namespace plexus {
namespace {

constexpr const char* kBuiltIn = "plexus";

// Calls visit(kind, word) for each kind of object.
template <class Visit>
void each_kind(const Registry& registry, Visit&& visit) {
  visit(registry.models, "model");
  visit(registry.trainers, "trainer");
  visit(registry.datasets, "dataset");
  visit(registry.transforms, "transform");
  visit(registry.metrics, "metric");
  visit(registry.preprocessors, "preprocessor");
}

void check_names(const Registry& registry) {
  each_kind(registry, [](const auto& kind, const char* word) {
    std::set<std::string> names;
    for (const auto& entry : kind.entries()) {
      if (entry.name.empty() || entry.name.find('.') != std::string::npos)
        throw Error(ErrorKind::plugin,
                    fmt::format("it offers a {} named '{}'; names are not empty and hold no '.'", word, entry.name));
      if (!names.insert(entry.name).second)
        throw Error(ErrorKind::plugin, fmt::format("it offers the {} '{}' twice", word, entry.name));
    }
  });
}

void append_offers(const std::string& plugin, const Registry& registry, std::vector<Offer>& all) {
  each_kind(registry, [&](const auto& kind, const char* word) {
    for (const auto& entry : kind.entries()) {
      all.push_back({plugin, word, entry.name, entry.summary, [start = entry.start] {
                       auto builder = std::shared_ptr(start());
                       return std::shared_ptr<Options>(builder, &builder->options());
                     }});
    }
  });
}

template <class Builders>
const typename Builders::Entry* find_entry(const Builders& kind, const std::string& name) {
  for (const auto& entry : kind.entries())
    if (entry.name == name) return &entry;
  return nullptr;
}

std::string an(const std::string& word) { return "no " + word; }

}  // namespace

PluginDescriptor host_descriptor() {
  PluginDescriptor host;
  host.name = kBuiltIn;
  host.version = PLEXUS_VERSION;
  host.summary = "The framework's own metrics and transforms.";
  host.api_major = PLEXUS_API_MAJOR;
  host.api_minor = PLEXUS_API_MINOR;
  host.sdk_digest = PLEXUS_SDK_DIGEST;
  host.toolkit_digest = PLEXUS_TOOLKIT_DIGEST;
  host.torch = TORCH_VERSION;
  host.compiler = PLEXUS_COMPILER;
  host.abi = PLEXUS_ABI;
  host.build = PLEXUS_BUILD_TYPE;
  return host;
}

struct Plugins::Opened {
  Registry registry;
  std::filesystem::path file;
};

Plugins::Plugins(const std::vector<std::filesystem::path>& given)
    : found_(find_plugins(plugin_folders(given), host_descriptor())) {
  for (auto& plugin : found_)
    if (plugin.descriptor.name == kBuiltIn && plugin.problem.empty())
      plugin.problem = "the name 'plexus' belongs to the framework; give the plugin another one";
  auto built_in = std::make_unique<Opened>();
  register_metrics(built_in->registry.metrics);
  register_transforms(built_in->registry.transforms);
  opened_.emplace(kBuiltIn, std::move(built_in));
}

Plugins::~Plugins() = default;

const Registry& Plugins::open(FoundPlugin& plugin) {
  const std::string& name = plugin.descriptor.name;
  if (const auto there = opened_.find(name); there != opened_.end()) return there->second->registry;
  if (!plugin.problem.empty()) throw Error(ErrorKind::plugin, plugin.problem, plugin.file.string());
  auto opened = std::make_unique<Opened>();
  opened->file = plugin.file;
  try {
    const RegisterFunction fill = open_library(plugin.file, plugin.descriptor);
    try {
      fill(opened->registry);
      check_names(opened->registry);
    } catch (const Error& error) {
      throw Error(ErrorKind::plugin, fmt::format("plugin '{}' fails to register: {}", name, error.message()),
                  plugin.file.string(),
                  error.hint().empty() ? "a fault of the plugin; tell its author, or remove it" : error.hint());
    } catch (const std::exception& error) {
      throw Error(ErrorKind::plugin, fmt::format("plugin '{}' fails to register: {}", name, error.what()), plugin.file.string(),
                  "a fault of the plugin; tell its author, or remove it");
    }
  } catch (const Error& error) {
    plugin.problem = error.message() + (error.hint().empty() ? "" : "; " + error.hint());
    throw;
  }
  return opened_.emplace(name, std::move(opened)).first->second->registry;
}

const Registry* Plugins::try_open(FoundPlugin& plugin) {
  if (!plugin.problem.empty() || !plugin.hidden_by.empty()) return nullptr;
  try {
    return &open(plugin);
  } catch (const Error&) {
    return nullptr;  // the reason is in plugin.problem
  }
}

std::string Plugins::unknown(const std::string& name, const std::vector<std::string>& candidates) const {
  const std::string near = nearest(name, candidates);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  std::size_t refused = 0;
  for (const auto& plugin : found_) refused += plugin.problem.empty() ? 0 : 1;
  if (refused > 0)
    return fmt::format("'plexus plugins list' shows what there is, and why {} plugin{} refused", refused,
                       refused == 1 ? " is" : "s are");
  return "'plexus plugins list' shows what there is; --plugin-path and PLEXUS_PLUGIN_PATH add folders";
}

const Registry& Plugins::open_named(const std::string& name) {
  if (name == kBuiltIn) return opened_.at(name)->registry;
  FoundPlugin* refused = nullptr;
  std::vector<std::string> names{kBuiltIn};
  for (auto& plugin : found_) {
    // A refused file may hold no readable name; its file name stands for it.
    const bool by_name = plugin.descriptor.name == name || (plugin.descriptor.name.empty() && plugin.file.stem() == name);
    if (by_name && plugin.problem.empty() && plugin.hidden_by.empty()) return open(plugin);
    if (by_name && !plugin.problem.empty() && refused == nullptr) refused = &plugin;
    if (plugin.problem.empty()) names.push_back(plugin.descriptor.name);
  }
  if (refused != nullptr)
    throw Error(ErrorKind::plugin, fmt::format("plugin '{}' is refused: {}", name, refused->problem), refused->file.string());
  throw Error(ErrorKind::plugin, fmt::format("no plugin '{}'", name), "", unknown(name, names));
}

template <class Builders>
auto Plugins::start(Builders Registry::*kind, const char* word, const std::string& name) {
  const auto begin = [&](const typename Builders::Entry& entry, const std::string& plugin) {
    try {
      return entry.start();
    } catch (const std::exception& error) {
      throw Error(ErrorKind::plugin, fmt::format("plugin '{}': the {} '{}' cannot declare its options: {}", plugin, word,
                                                 entry.name, error.what()));
    }
  };
  if (const auto dot = name.find('.'); dot != std::string::npos) {
    const std::string plugin = name.substr(0, dot), object = name.substr(dot + 1);
    const auto& offered = open_named(plugin).*kind;
    if (const auto* entry = find_entry(offered, object)) return begin(*entry, plugin);
    std::vector<std::string> names;
    for (const auto& entry : offered.entries()) names.push_back(entry.name);
    const std::string near = nearest(object, names);
    throw Error(ErrorKind::plugin, fmt::format("plugin '{}' offers {} '{}'", plugin, an(word), object), "",
                !near.empty()   ? fmt::format("did you mean '{}.{}'?", plugin, near)
                : names.empty() ? fmt::format("it offers {}", an(word))
                                : fmt::format("it offers {}", join(names, ", ")));
  }

  std::string refusal;
  for (auto& plugin : found_) {
    const bool by_name = plugin.descriptor.name == name || (plugin.descriptor.name.empty() && plugin.file.stem() == name);
    if (!by_name || !plugin.hidden_by.empty()) continue;
    if (const auto* registry = try_open(plugin)) {
      if (const auto* entry = find_entry(registry->*kind, name)) return begin(*entry, name);
    } else {
      refusal = fmt::format("plugin '{}' is refused: {}", name, plugin.problem);
    }
  }
  if (const auto* entry = find_entry(opened_.at(kBuiltIn)->registry.*kind, name)) return begin(*entry, kBuiltIn);

  open_all();
  const typename Builders::Entry* only = nullptr;
  std::vector<std::string> names, offerers;
  for (const auto& [plugin, opened] : opened_) {
    for (const auto& entry : (opened->registry.*kind).entries()) {
      names.push_back(entry.name);
      if (entry.name != name) continue;
      only = &entry;
      offerers.push_back(plugin);
    }
  }
  if (offerers.size() == 1) return begin(*only, offerers[0]);
  if (offerers.size() > 1) {
    throw Error(ErrorKind::plugin, fmt::format("the {} '{}' is offered by the plugins {}", word, name, join(offerers, ", ")),
                "", fmt::format("say which: {}.{}", offerers[0], name));
  }
  if (!refusal.empty()) throw Error(ErrorKind::plugin, refusal);
  throw Error(ErrorKind::plugin, fmt::format("{} '{}'", an(word), name), "", unknown(name, names));
}

std::unique_ptr<ModelBuilder> Plugins::model(const std::string& name) { return start(&Registry::models, "model", name); }
std::unique_ptr<TrainerBuilder> Plugins::trainer(const std::string& name) {
  return start(&Registry::trainers, "trainer", name);
}
std::unique_ptr<DatasetBuilder> Plugins::dataset(const std::string& name) {
  return start(&Registry::datasets, "dataset", name);
}
std::unique_ptr<TransformBuilder> Plugins::transform(const std::string& name) {
  return start(&Registry::transforms, "transform", name);
}
std::unique_ptr<MetricBuilder> Plugins::metric(const std::string& name) { return start(&Registry::metrics, "metric", name); }
std::unique_ptr<PreprocessorBuilder> Plugins::preprocessor(const std::string& name) {
  return start(&Registry::preprocessors, "preprocessor", name);
}

void Plugins::open_all() {
  for (auto& plugin : found_) try_open(plugin);
}

std::vector<Offer> Plugins::offers(const std::string& plugin) {
  std::vector<Offer> all;
  append_offers(plugin, open_named(plugin), all);
  return all;
}

std::vector<Offer> Plugins::offers() const {
  std::vector<Offer> all;
  for (const auto& [plugin, opened] : opened_) append_offers(plugin, opened->registry, all);
  return all;
}

std::map<std::string, std::filesystem::path> Plugins::opened() const {
  std::map<std::string, std::filesystem::path> files;
  for (const auto& [plugin, opened] : opened_)
    if (!opened->file.empty()) files.emplace(plugin, opened->file);
  return files;
}

}  // namespace plexus
