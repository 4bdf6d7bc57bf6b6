#include <plexus/host/schema.hpp>

#include <cmath>

#include <nlohmann/json.hpp>

namespace plexus {
namespace {

using Json = nlohmann::ordered_json;

Json value_schema(const Option& option, const std::string& type) {
  if (type.front() == '[') {
    const std::string inner = type.substr(1, type.size() - 2);
    const Json item = inner == "map" ? Json{{"type", Json::array({"object", "string"})}} : value_schema(option, inner);
    return {{"anyOf", Json::array({{{"type", "array"}, {"items", item}}, item})}};  // one value stands for a list of one
  }
  if (type == "map") return {{"type", "object"}};
  Json schema;
  schema["type"] = type == "flag" ? "boolean" : type == "int" ? "integer" : type == "real" ? "number" : "string";
  if (!option.choices.empty()) schema["enum"] = option.choices;
  if (option.low && std::isfinite(*option.low)) schema["minimum"] = *option.low;
  if (option.high && std::isfinite(*option.high)) schema["maximum"] = *option.high;
  if (type == "text" && option.choices.empty()) return {{"type", Json::array({"string", "number", "boolean"})}};
  Json text = {{"type", "string"}, {"pattern", "\\$\\{"}};
  if (type == "real") text["pattern"] = "\\$\\{|^-?inf$|^nan$";
  return {{"anyOf", Json::array({schema, text})}};
}

Json option_schema(const Option& option) {
  Json schema = value_schema(option, option.type);
  std::string doc = option.doc;
  if (!option.unit_text.empty()) doc += " [" + option.unit_text + "]";
  schema["description"] = doc;
  if (!option.initial.is_null()) schema["default"] = Json::parse(option.initial.json());
  if (!option.deprecation.empty()) schema["deprecated"] = true;
  return schema;
}

// The settings of an object or a stage; `properties` holds what it has besides.
Json options_schema(const Options& options, Json properties, Json required) {
  for (const auto& option : options.all()) {
    properties[option.name] = option_schema(option);
    for (const auto& alias : option.aliases) {
      properties[alias] = option_schema(option);
      properties[alias]["description"] = "another name of " + option.name;
    }
    // An alias satisfies it as well, which a plain list of names cannot say.
    if (option.is_required && option.aliases.empty()) required.push_back(option.name);
  }
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json reference_to(const std::string& definition) { return {{"$ref", "#/$defs/" + definition}}; }

// The objects of one kind: every way to write one.
Json kind_schema(const std::string& kind, const std::vector<Offer>& offers) {
  Json names = Json::array(), ways = Json::array(), keyed = Json::object();
  for (const auto& offer : offers) {
    if (offer.kind != kind) continue;
    const auto options = offer.options();
    const std::string full = offer.plugin + "." + offer.name;
    names.push_back(offer.name);
    names.push_back(full);
    Json by_plugin =
        options_schema(*options, {{"plugin", {{"enum", Json::array({offer.name, full})}}}}, Json::array({"plugin"}));
    by_plugin["description"] = offer.summary;
    ways.push_back(std::move(by_plugin));
    Json settings = options_schema(*options, Json::object(), Json::array());
    settings["type"] = Json::array({"object", "null"});
    settings["description"] = offer.summary;
    keyed[offer.name] = settings;
    keyed[full] = std::move(settings);
  }
  ways.push_back({{"enum", std::move(names)}});
  ways.push_back({{"type", "object"},
                  {"properties", std::move(keyed)},
                  {"additionalProperties", false},
                  {"minProperties", 1},
                  {"maxProperties", 1},
                  {"description", "a single name with its options below it"}});
  return {{"anyOf", std::move(ways)}};
}

Json stage_schema(const StageKind& stage) {
  Json properties = {{"name", {{"type", "string"}, {"description", "what later stages call it"}}}};
  for (const auto& slot : stage.objects) {
    const Json one = reference_to(slot.kind);
    properties[slot.key] = slot.is_list ? Json{{"type", "array"}, {"items", one}} : one;
    // A stage may name an earlier one instead of a model.
    if (slot.kind == "model") properties[slot.key] = {{"anyOf", Json::array({one, {{"type", "string"}}})}};
  }
  Json schema = options_schema(stage.options == nullptr ? Options() : *stage.options, std::move(properties), Json::array());
  schema["type"] = Json::array({"object", "null"});
  schema["description"] = stage.summary;
  return schema;
}

}  // namespace

std::string pipeline_schema(Plugins& plugins, const std::vector<StageKind>& stages, const Options& top) {
  plugins.open_all();
  const auto offers = plugins.offers();
  Json definitions = Json::object();
  for (const char* kind : {"model", "trainer", "dataset", "transform", "metric", "preprocessor"})
    definitions[kind] = kind_schema(kind, offers);
  Json stage_ways = Json::array();
  for (const auto& stage : stages) {
    stage_ways.push_back({{"type", "object"},
                          {"properties", {{stage.name, stage_schema(stage)}}},
                          {"required", Json::array({stage.name})},
                          {"additionalProperties", false}});
  }
  Json properties = {{"include",
                      {{"description", "files taken as if written here first"},
                       {"anyOf", Json::array({{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}})}}},
                     {"data", reference_to("dataset")},
                     {"stages", {{"type", "array"}, {"items", {{"anyOf", std::move(stage_ways)}}}}}};
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Plexus pipeline"}};
  schema.update(options_schema(top, std::move(properties), Json::array()));
  schema["$defs"] = std::move(definitions);
  return schema.dump(2) + "\n";
}

}  // namespace plexus
