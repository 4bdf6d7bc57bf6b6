#include <plexus/host/plugin_check.hpp>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include <plexus/base/counted.hpp>
#include <plexus/base/descriptor.hpp>
#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {


CheckRow row_of(std::string what, const std::vector<std::string>& wrong, std::string right) {
  if (wrong.empty()) return {std::move(what), CheckVerdict::passed, std::move(right)};
  const std::string more = wrong.size() > 3 ? fmt::format(" and {} more", wrong.size() - 3) : "";
  return {std::move(what), CheckVerdict::failed,
          join({wrong.begin(), wrong.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(wrong.size(), 3))}, "; ") + more};
}

bool has_preset(const Offer& offer, const std::string& name) {
  const auto options = offer.options();
  return std::any_of(options->presets().begin(), options->presets().end(), [&](const auto& preset) { return preset.name == name; });
}

// An error that only says what is missing is none: the smallest map leaves out what must be given.
bool refuses(Options& options, const Node& map, std::string& why) {
  for (const auto& option : options.all())
    if (option.is_required) return false;
  try {
    options.apply(map, "options");
    return false;
  } catch (const std::exception& error) {
    why = error.what();
    return true;
  }
}

std::vector<Node> hostile_values() {
  std::vector<Node> values{Node()};
  for (const char* text : {"", "nan", "inf", "-inf", "-1", "0", "1e308", "9223372036854775807", "-9223372036854775808",
                           "99999999999999999999999", "maybe", "../../../etc/passwd", "%n%s"})
    values.push_back(Node::scalar(text));
  values.push_back(Node::scalar(std::string(100000, 'x')));
  values.push_back(Node::list({}));
  values.push_back(Node::list({Node::scalar("-1"), Node::scalar("0")}));
  values.push_back(Node::list({Node::scalar("9223372036854775807"), Node::scalar("9223372036854775807")}));
  values.push_back(Node::list({Node::list({})}));
  values.push_back(Node::map({{"a", Node::map({{"b", Node()}})}}));
  return values;
}

}  // namespace

CheckRow check_symbols(const std::filesystem::path& file) {
  std::vector<std::string> others;
  bool entry = false, descriptor = false;
  for (const auto& symbol : exported_symbols(file)) {
    if (symbol == "plexus_plugin_register")
      entry = true;
    else if (symbol == "plexus_plugin_descriptor")
      descriptor = true;
    else
      others.push_back(symbol);
  }
  if (!entry || !descriptor) return {"symbols", CheckVerdict::failed, "the entry points are not exported: use PLEXUS_PLUGIN"};
  if (others.empty()) return {"symbols", CheckVerdict::passed, "the two entry points, nothing else"};
  return {"symbols", CheckVerdict::failed,
          fmt::format("{} beside the entry points, '{}' for one: build with plexus_add_plugin(), or another plugin's may take its place",
                      counted(others.size(), "symbol"), others.front())};
}

std::vector<CheckRow> check_options(const std::vector<Offer>& offers) {
  std::vector<std::string> silent, refused, unbound;
  std::size_t options_seen = 0, presets_seen = 0;
  for (const auto& offer : offers) {
    if (trim(offer.summary).empty()) silent.push_back(offer.kind + " " + offer.name);
    const auto options = offer.options();
    for (const auto& option : options->all()) {
      ++options_seen;
      const std::string name = offer.name + "." + option.name;
      if (trim(option.doc).size() < 3) silent.push_back(name);
      if (option.is_required || option.initial.is_null()) continue;
      try {
        option.set(option.initial);
      } catch (const std::exception& error) {
        refused.push_back(name + ": " + error.what());
      }
    }
    std::string why;
    if (refuses(*offer.options(), Node::map({}), why)) refused.push_back(offer.name + ": " + why);
    for (const auto& preset : options->presets()) {
      ++presets_seen;
      if (refuses(*offer.options(), Node::map({{"preset", Node::scalar(preset.name)}}), why))
        unbound.push_back(offer.name + ", preset " + preset.name + ": " + why);
    }
  }
  return {row_of("documented", silent, counted(options_seen, "option") + " with their meaning"),
          row_of("defaults", refused, "every default is one that the option takes"),
          row_of("presets", unbound, counted(presets_seen, "preset") + " bind")};
}

std::vector<std::string> try_hostile_values(const std::vector<Offer>& offers) {
  std::vector<std::string> failed;
  for (const auto& offer : offers) {
    const auto declared = offer.options();
    for (const auto& option : declared->all()) {
      for (const auto& value : hostile_values()) {
        const std::string tried = fmt::format("{}.{} = {}", offer.name, option.name, value.json().substr(0, 60));
        std::fprintf(stderr, "%s\n", tried.c_str());
        try {
          offer.options()->apply(Node::map({{option.name, value}}), offer.name);
        } catch (const Error&) {
        } catch (const std::exception& error) {
          failed.push_back(tried + ": " + error.what());
        }
      }
    }
  }
  return failed;
}

std::string smoke_pipeline(const std::vector<Offer>& offers) {
  std::string stages;
  for (const auto& trainer : offers) {
    if (trainer.kind != "trainer" || !has_preset(trainer, "smoke")) continue;
    const Offer* model = nullptr;
    for (const auto& offer : offers)
      if (offer.kind == "model" && (model == nullptr || offer.name == trainer.name)) model = &offer;
    const std::string preset = model != nullptr && has_preset(*model, "smoke") ? ", preset: smoke" : "";
    const std::string plugin = model != nullptr ? trainer.plugin + "." + model->name : "unet";
    stages += fmt::format("  - train: {{name: {0}, preprocess: [min_max], model: {{plugin: {1}{2}}}, trainer: {{plugin: {3}.{0}, preset: smoke}}}}\n",
                          trainer.name, plugin, preset, trainer.plugin);
  }
  if (stages.empty()) return "";
  return "name: smoke\n"
         "data: {plugin: nifti_folder, of: scans, view: slices}\n"
         "stages:\n"
         "  - prepare: {name: scans, step: {plugin: phantom, kind: cardiac, cases: 6, labeled: 2, val: 1, test: 1, size: [32, 32, 4]}}\n" +
         stages;
}

}  // namespace plexus
