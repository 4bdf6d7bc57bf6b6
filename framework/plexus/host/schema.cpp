#include <plexus/host/schema.hpp>

#include <cmath>

#include <nlohmann/json.hpp>

namespace plexus {
namespace {

using Json = nlohmann::ordered_json;

Json of_type(Json type) {
  Json schema;
  schema["type"] = std::move(type);
  return schema;
}

Json any_of(Json ways) {
  Json schema;
  schema["anyOf"] = std::move(ways);
  return schema;
}

Json value_schema(const Option& option, const std::string& type) {
  if (type.front() == '[') {
    const std::string inner = type.substr(1, type.size() - 2);
    const Json item = inner == "map" ? of_type(Json::array({"object", "string"})) : value_schema(option, inner);
    Json list = of_type("array");
    list["items"] = item;
    return any_of(Json::array({std::move(list), item}));  // one value stands for a list of one
  }
  if (type == "map") return of_type("object");
  Json schema;
  schema["type"] = type == "flag" ? "boolean" : type == "int" ? "integer" : type == "real" ? "number" : "string";
  if (!option.choices.empty()) schema["enum"] = option.choices;
  if (option.low && std::isfinite(*option.low)) schema["minimum"] = *option.low;
  if (option.high && std::isfinite(*option.high)) schema["maximum"] = *option.high;
  if (type == "text" && option.choices.empty()) return of_type(Json::array({"string", "number", "boolean"}));
  Json text = of_type("string");
  // A variable, or the value of a repetition.
  text["pattern"] = "\\{";
  if (type == "real") text["pattern"] = "\\{|^-?inf$|^nan$";
  return any_of(Json::array({std::move(schema), std::move(text)}));
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

// The settings of an object or a stage; `properties` holds what it has besides, and what says more of an option than its type.
Json options_schema(const Options& options, Json properties, Json required) {
  for (const auto& option : options.all()) {
    if (properties.contains(option.name))
      properties[option.name]["description"] = option.doc;
    else
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

Json reference_to(const std::string& definition) {
  Json schema;
  schema["$ref"] = "#/$defs/" + definition;
  return schema;
}

Json one_of_names(Json names) {
  Json schema;
  schema["enum"] = std::move(names);
  return schema;
}

// `of` names the stage that prepared the files, in place of a root.
void read_stages(Json& dataset) {
  dataset["properties"]["of"] = of_type("string");
  dataset["properties"]["of"]["description"] = "a prepare or generate stage whose files these are, instead of root";
  Json left = Json::array();
  for (const auto& name : dataset["required"])
    if (name != "root") left.push_back(name);
  dataset["required"] = std::move(left);
}

// The objects of one kind: every way to write one.
Json kind_schema(const std::string& kind, const std::vector<Offer>& offers) {
  Json names = Json::array(), ways = Json::array(), keyed = Json::object();
  for (const auto& offer : offers) {
    if (offer.kind != kind) continue;
    const auto options = offer.options();
    const std::string full = offer.plugin + "." + offer.name;
    names.push_back(offer.name);
    names.push_back(full);
    Json plugin = Json::object();
    plugin["plugin"] = one_of_names(Json::array({offer.name, full}));
    Json by_plugin = options_schema(*options, std::move(plugin), Json::array({"plugin"}));
    if (kind == "dataset") read_stages(by_plugin);
    by_plugin["description"] = offer.summary;
    ways.push_back(std::move(by_plugin));
    Json settings = options_schema(*options, Json::object(), Json::array());
    settings["type"] = Json::array({"object", "null"});
    settings["description"] = offer.summary;
    keyed[offer.name] = settings;
    keyed[full] = std::move(settings);
  }
  if (kind == "dataset") {
    // What another stage made; and, over an included file, options alone.
    Json of_stage = of_type("object");
    of_stage["properties"]["plugin"] = one_of_names(Json::array({"stage"}));
    of_stage["properties"]["of"] = of_type("string");
    of_stage["required"] = Json::array({"plugin", "of"});
    ways.push_back(std::move(of_stage));
    Json options_alone = of_type("object");
    options_alone["not"]["required"] = Json::array({"plugin"});
    ways.push_back(std::move(options_alone));
  }
  ways.push_back(one_of_names(std::move(names)));
  Json by_key = of_type("object");
  by_key["description"] = "a single name with its options below it";
  by_key["properties"] = std::move(keyed);
  by_key["additionalProperties"] = false;
  by_key["minProperties"] = 1;
  by_key["maxProperties"] = 1;
  ways.push_back(std::move(by_key));
  return any_of(std::move(ways));
}

Json stage_schema(const StageKind& stage) {
  Json properties = Json::object();
  properties["name"] = of_type("string");
  properties["name"]["description"] = "what later stages call it";
  for (const auto& slot : stage.objects) {
    const Json one = reference_to(slot.kind);
    Json& value = properties[slot.key];
    value = slot.is_list ? of_type("array") : one;
    if (slot.is_list) value["items"] = one;
    // A stage may name an earlier one instead of a model.
    if (slot.kind == "model") value = any_of(Json::array({one, of_type("string")}));
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
    Json way = of_type("object");
    way["properties"][stage.name] = stage_schema(stage);
    way["required"] = Json::array({stage.name});
    way["additionalProperties"] = false;
    stage_ways.push_back(std::move(way));
  }
  // A group of stages, once for each combination of values.
  Json group = of_type("object");
  group["properties"]["repeat"] = of_type("object");
  group["properties"]["repeat"]["additionalProperties"] = of_type("array");
  group["properties"]["stages"] = of_type("array");
  group["properties"]["stages"]["items"] = reference_to("stage");
  group["required"] = Json::array({"repeat", "stages"});
  group["additionalProperties"] = false;
  stage_ways.push_back(std::move(group));
  definitions["stage"] = any_of(std::move(stage_ways));
  Json files = of_type("array");
  files["items"] = of_type("string");
  Json properties = Json::object();
  properties["include"] = any_of(Json::array({of_type("string"), std::move(files)}));
  properties["include"]["description"] = "files taken as if written here first";
  properties["data"] = reference_to("dataset");
  properties["stages"] = of_type("array");
  properties["stages"]["items"] = reference_to("stage");
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Plexus pipeline"}};
  schema.update(options_schema(top, std::move(properties), Json::array()));
  schema.erase("required");  // an included file may hold it
  schema["$defs"] = std::move(definitions);
  return schema.dump(2) + "\n";
}

}  // namespace plexus
