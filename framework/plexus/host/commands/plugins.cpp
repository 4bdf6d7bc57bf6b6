#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/commands.hpp>
#include <plexus/host/commands/plugins_check.hpp>
#include <plexus/host/plugin_template.hpp>
#include <plexus/host/plugins.hpp>
#include <plexus/host/reference.hpp>

namespace plexus {
namespace {

using Json = nlohmann::ordered_json;

const char* const kKinds[] = {"model", "trainer", "dataset", "transform", "metric", "preprocessor"};

std::string names_of(const std::vector<Offer>& offers, const std::string& plugin, const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& offer : offers)
    if (offer.plugin == plugin && offer.kind == kind) names.push_back(offer.name);
  return join(names, ", ");
}

Json described(const PluginDescriptor& plugin, const std::vector<Offer>& offers) {
  Json json = {{"name", plugin.name},       {"version", plugin.version},
               {"summary", plugin.summary}, {"api", fmt::format("{}.{}", plugin.api_major, plugin.api_minor)},
               {"torch", plugin.torch},     {"compiler", plugin.compiler},
               {"abi", plugin.abi},         {"build", plugin.build}};
  for (const char* kind : kKinds) {
    Json all = Json::array();
    for (const auto& offer : offers)
      if (offer.plugin == plugin.name && offer.kind == kind) all.push_back({{"name", offer.name}, {"summary", offer.summary}});
    json[std::string(kind) + "s"] = std::move(all);
  }
  return json;
}

std::string text_of(const PluginDescriptor& plugin, const std::string& from, const std::vector<Offer>& offers) {
  std::string text = fmt::format("{} {}  {}\n", plugin.name, plugin.version, plugin.summary);
  for (const char* kind : kKinds)
    if (const auto names = names_of(offers, plugin.name, kind); !names.empty())
      text += fmt::format("  {:<14}{}\n", std::string(kind) + "s", names);
  return text + fmt::format("  {:<14}{}\n\n", "from", from);
}

int list(const std::vector<std::string>& args) {
  CommandLine line("plugins list", "[options]",
                   "Lists the plugins that are installed, what each offers, and those that are refused or hidden.");
  line.common({Common::plugin_path, Common::json});
  line.example("plexus plugins list", "what is there");
  line.example("plexus plugins list --json | jq -r '.plugins[].name'", "for scripts");
  if (!line.parse(args)) return 0;

  Plugins plugins(line.shared().plugin_path);
  plugins.open_all();
  const auto offers = plugins.offers();
  if (line.shared().json) {
    Json all = Json::array();
    all.push_back(described(host_descriptor(), offers));
    all.back()["state"] = "ready";
    for (const auto& plugin : plugins.found()) {
      Json json =
          described(plugin.descriptor, plugin.problem.empty() && plugin.hidden_by.empty() ? offers : std::vector<Offer>());
      json["file"] = plugin.file.string();
      json["state"] = !plugin.problem.empty() ? "refused" : !plugin.hidden_by.empty() ? "hidden" : "ready";
      if (!plugin.problem.empty()) json["problem"] = plugin.problem;
      if (!plugin.hidden_by.empty()) json["hidden_by"] = plugin.hidden_by.string();
      all.push_back(std::move(json));
    }
    std::puts(Json{{"plugins", std::move(all)}}.dump(2).c_str());
    return 0;
  }
  std::string ready = text_of(host_descriptor(), "built in", offers), hidden, refused;
  for (const auto& plugin : plugins.found()) {
    if (!plugin.problem.empty())
      refused += fmt::format("  {}\n    {}\n", plugin.file.string(), plugin.problem);
    else if (!plugin.hidden_by.empty())
      hidden += fmt::format("  {}\n    by {}\n", plugin.file.string(), plugin.hidden_by.string());
    else
      ready += text_of(plugin.descriptor, plugin.file.string(), offers);
  }
  std::fputs(ready.c_str(), stdout);
  if (!hidden.empty())
    std::fputs(fmt::format("Hidden by an earlier folder's plugin of the same name:\n{}\n", hidden).c_str(), stdout);
  if (!refused.empty()) std::fputs(fmt::format("Refused:\n{}\n", refused).c_str(), stdout);
  std::fputs("'plexus plugins describe NAME' shows every option.\n", stdout);
  return 0;
}

// A plugin's offers, "plugin.object", or the objects of that name in all plugins.
std::vector<Offer> find_offers(Plugins& plugins, const std::string& name) {
  std::vector<Offer> found;
  if (const auto dot = name.find('.'); dot != std::string::npos) {
    for (auto& offer : plugins.offers(name.substr(0, dot)))
      if (offer.name == name.substr(dot + 1)) found.push_back(std::move(offer));
    if (!found.empty()) return found;
    throw Error(ErrorKind::plugin, fmt::format("plugin '{}' offers no '{}'", name.substr(0, dot), name.substr(dot + 1)), "",
                fmt::format("'plexus plugins describe {}' shows what it offers", name.substr(0, dot)));
  }
  for (const auto& plugin : plugins.found())
    if (plugin.descriptor.name == name || (plugin.descriptor.name.empty() && plugin.file.stem() == name))
      return plugins.offers(name);
  if (name == host_descriptor().name) return plugins.offers(name);
  plugins.open_all();
  std::vector<std::string> names;
  for (auto& offer : plugins.offers()) {
    names.push_back(offer.name);
    if (offer.name == name) found.push_back(std::move(offer));
  }
  if (!found.empty()) return found;
  for (const auto& plugin : plugins.found())
    if (plugin.problem.empty()) names.push_back(plugin.descriptor.name);
  const std::string near = nearest(name, names);
  throw Error(ErrorKind::plugin, fmt::format("no plugin and nothing that a plugin offers is called '{}'", name), "",
              near.empty() ? "'plexus plugins list' shows what there is" : fmt::format("did you mean '{}'?", near));
}

int describe(const std::vector<std::string>& args) {
  bool yaml = false, markdown = false;
  std::string name;
  CommandLine line("plugins describe", "NAME [options]",
                   "Shows every option of what a plugin offers: type, unit, default, range or choices, and meaning.");
  line.argument("NAME", name, "a plugin, an object of one, or PLUGIN.OBJECT").needed();
  line.flag("yaml", '\0', yaml, "print a pipeline file to start from");
  line.flag("markdown", '\0', markdown, "print a page of the reference manual");
  line.common({Common::plugin_path, Common::json});
  line.example("plexus plugins describe diffrect", "all options of a method");
  line.example("plexus plugins describe diffrect --yaml > mine.yaml", "a pipeline to start from");
  if (!line.parse(args)) return 0;
  if (static_cast<int>(yaml) + static_cast<int>(markdown) + static_cast<int>(line.shared().json) > 1)
    throw Error(ErrorKind::usage, "'--json', '--yaml' and '--markdown' exclude each other");

  Plugins plugins(line.shared().plugin_path);
  const auto offers = find_offers(plugins, name);
  const std::string text = yaml                 ? starting_pipeline(offers)
                           : markdown           ? reference_markdown(offers)
                           : line.shared().json ? reference_json(offers)
                                                : reference_text(offers);
  std::fputs(text.c_str(), stdout);
  return 0;
}

int begin_project(const std::vector<std::string>& args) {
  std::string name, kind = "method";
  std::filesystem::path folder;
  CommandLine line("plugins new", "NAME [options]",
                   "Begins a plugin of one's own: a small project that builds against an installed Plexus, passes its tests and runs.");
  line.argument("NAME", name, "of the plugin, as pipelines will name it: my_method").needed();
  line.option("kind", '\0', kind, "KIND", "what it offers: a method (model and trainer), a data set, or a preprocessing step")
      .one_of(template_kinds());
  line.option("output", 'o', folder, "DIR", "folder of the project; default: NAME");
  line.example("plexus plugins new my_method --kind method -o my_method", "a method of one's own");
  if (!line.parse(args)) return 0;
  if (folder.empty()) folder = name;
  for (const auto& file : write_template(kind, name, folder)) std::puts((folder / file).c_str());
  std::fputs(fmt::format("{} is written; next: cmake -G Ninja -S {} -B {}/build -DCMAKE_PREFIX_PATH=PREFIX && ninja -C {}/build\n",
                         folder.string(), folder.string(), folder.string(), folder.string())
                 .c_str(),
             stderr);
  return 0;
}

}  // namespace

int plugins_command(const std::vector<std::string>& args) {
  return dispatch("plexus plugins", "What is installed, and what it can do.",
                  {{"list", "plugins, and the models, trainers, data sets and metrics they offer", list},
                   {"describe", "every option of a plugin or of one of its objects", describe},
                   {"check", "tries a plugin: options, repeatability, resumption, memory", plugins_check},
                   {"new", "begins a project with a method, data set or step of one's own", begin_project}},
                  args);
}

}  // namespace plexus
