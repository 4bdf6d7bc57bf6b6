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
  // A file or folder, hashed as an input of the stage. Made absolute when bound: from the folder of the file that says it,
  // or from the current folder where --set does.
  Option& path();
  Option& no_effect();                      // does not change results (progress, cadence of logs): left out of the stage's hash
  Option& deprecated(std::string why);      // accepted with a warning

  // Checks range and choice, then binds. Throws Error, with the option's name but without a place.
  void set(const Node& value) const;

  std::string name, doc, type, unit_text, deprecation;  // type: flag, int, real, text, [int], [real], [text], map, [map]
  Node initial;                             // the default
  std::optional<double> low, high;
  std::vector<std::string> choices, aliases;
  bool is_required = false, is_path = false, affects_results = true;
  std::function<void(const Node&)> bind;    // checks the type and puts the value into the member; throws Error
  std::function<Node()> current;            // the value now, for resolved files
  Reserved reserved = {};
};

// The declared settings of one object. `add` takes the member's present value as the default. One value stands for a list of
// one where a list is expected.
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
  // A named set of values (written as in YAML), chosen by the option `preset`, which the first preset adds and whose default
  // is "none"; single keys win over it.
  void preset(std::string name, std::string doc, std::vector<std::pair<std::string, std::string>> values);
  // A rule over several options: `check` returns "" or what is wrong. Run after all are bound.
  void rule(std::function<std::string()> check);

  const std::vector<Option>& all() const noexcept { return all_; }
  const Option* find(std::string_view name) const;  // by name or alias
  struct Preset { std::string name, doc; std::vector<std::pair<std::string, std::string>> values; Reserved reserved = {}; };
  const std::vector<Preset>& presets() const noexcept { return presets_; }

  // Binds a map: preset first, then each key. Throws all unknown keys (with the nearest name), wrong types, values out of
  // range, missing required ones and broken rules together, each with its place. `where` names the object in messages.
  void apply(const Node& map, const std::string& where);
  // Every option with its present value; origins as they came.
  Node resolved() const;

 private:
  Option& insert(std::string name, std::string type, std::string doc);
  template <class T> Option& add_member(std::string name, T& member, std::string doc);
  void set_option(const Option& option, Node value, const std::string& origin, const std::string& where);
  void apply_preset(const Node& choice, const std::string& where);
  Error unknown(const std::string& key, const std::string& where) const;
  std::vector<Option> all_;
  std::vector<Preset> presets_;
  std::vector<std::function<std::string()>> rules_;
  std::vector<std::pair<std::string, std::string>> origins_;
  Reserved reserved_;
};

}  // namespace plexus
