#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <plexus/base/node.hpp>

namespace plexus {

// One setting of a model, trainer, data set, transform, metric or stage. Declared once, beside the member that holds it;
// validation, `plexus plugins describe`, the JSON schema and the reference page all come from it.
class Option {
 public:
  Option& range(double low, double high = std::numeric_limits<double>::infinity());  // closed
  Option& one_of(std::vector<std::string> choices);
  Option& unit(std::string unit);           // "mm", "voxels", "iterations", …
  Option& alias(std::string name);          // another spelling that is accepted, e.g. the authors' flag
  Option& required();
  Option& path();                           // a file or folder: hashed as an input of the stage, relative to the pipeline file
  Option& no_effect();                      // does not change results (progress, cadence of logs): left out of the stage's hash
  Option& deprecated(std::string why);      // accepted with a warning

  std::string name, doc, type, unit_text, deprecation;  // type: flag, int, real, text, [int], [real], [text], map, [map]
  Node initial;                             // the default
  std::optional<double> low, high;
  std::vector<std::string> choices, aliases;
  bool is_required = false, is_path = false, affects_results = true;
  std::function<void(const Node&)> bind;    // checks type, range and choice; throws Error
  std::function<Node()> current;            // the value now, for resolved files
};

// The declared settings of one object. `add` takes the member's present value as the default.
class Options {
 public:
  Option& add(std::string name, bool& member, std::string doc);
  Option& add(std::string name, int& member, std::string doc);
  Option& add(std::string name, std::int64_t& member, std::string doc);
  Option& add(std::string name, double& member, std::string doc);
  Option& add(std::string name, std::string& member, std::string doc);
  Option& add(std::string name, std::vector<std::int64_t>& member, std::string doc);
  Option& add(std::string name, std::vector<double>& member, std::string doc);
  Option& add(std::string name, std::vector<std::string>& member, std::string doc);
  Option& add(std::string name, Node& member, std::string doc);               // a map, handed on as it is
  Option& add(std::string name, std::vector<Node>& member, std::string doc);  // a list of maps
  // A named set of values, chosen by the option `preset` (which the first preset adds); single keys win over it.
  void preset(std::string name, std::string doc, std::vector<std::pair<std::string, std::string>> values);
  // A rule over several options: `check` returns "" or what is wrong. Run after all are bound.
  void rule(std::function<std::string()> check);

  const std::vector<Option>& all() const noexcept { return all_; }
  const Option* find(std::string_view name) const;  // by name or alias
  struct Preset { std::string name, doc; std::vector<std::pair<std::string, std::string>> values; };
  const std::vector<Preset>& presets() const noexcept { return presets_; }

  // Binds a map: preset first, then each key. Throws all unknown keys (with the nearest name), wrong types, values out of
  // range, missing required ones and broken rules together, each with its place. `where` names the object in messages.
  void apply(const Node& map, const std::string& where);
  // Every option with its present value; origins as they came.
  Node resolved() const;

 private:
  Option& insert(std::string name, std::string type, std::string doc);
  std::vector<Option> all_;
  std::vector<Preset> presets_;
  std::vector<std::function<std::string()>> rules_;
  std::vector<std::pair<std::string, std::string>> origins_;
};

}  // namespace plexus
