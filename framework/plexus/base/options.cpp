#include <plexus/base/options.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <type_traits>

#include <plexus/base/log.hpp>
#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {


std::string shown(const Node& value) {
  switch (value.kind()) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "'" + value.text() + "'";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

// How a type of value is called, read and written. Throws Error where the text is no such value; the option's name and
// place are added by the caller.
template <class T>
struct Value;

template <>
struct Value<bool> {
  static constexpr const char* type = "flag";
  static bool read(const Node& node) {
    const auto value = node.is_scalar() ? parse_flag(node.text()) : std::nullopt;
    if (!value) throw Error(ErrorKind::configuration, "expected true or false, not " + shown(node));
    return *value;
  }
  static Node write(bool value) { return Node::literal(value ? "true" : "false"); }
};

template <>
struct Value<std::int64_t> {
  static constexpr const char* type = "int";
  static std::int64_t read(const Node& node) {
    const auto value = node.is_scalar() ? parse_integer(node.text()) : std::nullopt;
    if (!value) throw Error(ErrorKind::configuration, "expected a whole number, not " + shown(node));
    return *value;
  }
  static Node write(std::int64_t value) { return Node::literal(std::to_string(value)); }
};

template <>
struct Value<int> {
  static constexpr const char* type = "int";
  static int read(const Node& node) {
    const std::int64_t value = Value<std::int64_t>::read(node);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
      throw Error(ErrorKind::configuration, "too large for this option: " + shown(node));
    return static_cast<int>(value);
  }
  static Node write(int value) { return Node::literal(std::to_string(value)); }
};

template <>
struct Value<double> {
  static constexpr const char* type = "real";
  static double read(const Node& node) {
    const auto value = node.is_scalar() ? parse_real(node.text()) : std::nullopt;
    if (!value) throw Error(ErrorKind::configuration, "expected a number, not " + shown(node));
    return *value;
  }
  static Node write(double value) { return Node::literal(format_real(value)); }
};

template <>
struct Value<std::string> {
  static constexpr const char* type = "text";
  static std::string read(const Node& node) {
    if (!node.is_scalar()) throw Error(ErrorKind::configuration, "expected text, not " + shown(node));
    return node.text();
  }
  static Node write(const std::string& value) { return Node::scalar(value); }
};

template <>
struct Value<Node> {
  static constexpr const char* type = "map";
  static Node read(const Node& node) {
    if (node.is_list()) throw Error(ErrorKind::configuration, "expected a name or a map, not " + shown(node));
    return node;  // whoever takes it says whether a name alone will do
  }
  static Node write(const Node& value) { return value; }
};

template <class T>
struct Value<std::vector<T>> {
  static constexpr const char* type = std::is_same_v<T, Node>          ? "[map]"
                                      : std::is_same_v<T, double>      ? "[real]"
                                      : std::is_same_v<T, std::string> ? "[text]"
                                                                       : "[int]";
  static std::vector<T> read(const Node& node) {
    if (node.is_map()) throw Error(ErrorKind::configuration, "expected a list, not a map");
    std::vector<T> values;
    if (node.is_scalar()) values.push_back(item(node));  // one value stands for a list of one
    for (const Node& entry : node.items()) values.push_back(item(entry));
    return values;
  }
  static Node write(const std::vector<T>& values) {
    std::vector<Node> items;
    for (const T& value : values) items.push_back(Value<T>::write(value));
    return Node::list(std::move(items));
  }

 private:
  static T item(const Node& node) {
    if constexpr (std::is_same_v<T, Node>) {
      return node;  // whoever takes the list says what an entry may be: a name, or a map
    } else {
      return Value<T>::read(node);
    }
  }
};

template <class T>
void attach(Option& option, T& member) {
  option.bind = [&member](const Node& node) { member = Value<T>::read(node); };
  option.current = [&member] { return Value<T>::write(member); };
  option.initial = option.current();
}

std::vector<const Node*> scalars(const Node& value) {
  std::vector<const Node*> all;
  if (value.is_scalar()) all.push_back(&value);
  for (const Node& item : value.items())
    if (item.is_scalar()) all.push_back(&item);
  return all;
}

// A relative path is meant from the file that says it; what the command line says is meant from the current folder.
void make_absolute(Node& value) {
  for (Node& item : value.items()) make_absolute(item);
  const std::filesystem::path path = value.text();
  if (!value.is_scalar() || path.empty() || path.is_absolute() || value.at().file.empty()) return;
  const auto folder = value.origin() == "--set" ? "" : std::filesystem::path(value.at().file).parent_path();
  Node whole = Node::scalar(std::filesystem::absolute(folder / path).lexically_normal().string(), value.at());
  whole.set_origin(value.origin());
  value = std::move(whole);
}

// Who gave a value: --set, or the place in a file.
std::string origin_of(const Node& value) {
  if (value.origin() != "--set" && !value.at().file.empty()) return value.at().text();
  return value.origin().empty() ? "given" : value.origin();
}

std::string place(const Node& node, const std::string& where) { return node.at().file.empty() ? where : node.at().text(); }

}  // namespace

Option& Option::range(double lowest, double highest) {
  low = lowest;
  high = highest;
  return *this;
}

Option& Option::one_of(std::vector<std::string> names) {
  choices = std::move(names);
  return *this;
}

Option& Option::unit(std::string text) {
  unit_text = std::move(text);
  return *this;
}

Option& Option::alias(std::string other) {
  aliases.push_back(std::move(other));
  return *this;
}

Option& Option::required() {
  is_required = true;
  return *this;
}

Option& Option::path() {
  is_path = true;
  return *this;
}

Option& Option::no_effect() {
  affects_results = false;
  return *this;
}

Option& Option::deprecated(std::string why) {
  deprecation = std::move(why);
  return *this;
}

void Option::set(const Node& value) const {
  for (const Node* item : scalars(value)) {
    const auto number = low || high ? parse_real(item->text()) : std::nullopt;
    const double least = low.value_or(-std::numeric_limits<double>::infinity());
    const double most = high.value_or(std::numeric_limits<double>::infinity());
    if (number && !(*number >= least && *number <= most))
      throw Error(ErrorKind::configuration,
                  fmt::format("{} = {}: outside [{}, {}]", name, item->text(), format_real(least), format_real(most)));
    if (!choices.empty() && std::find(choices.begin(), choices.end(), item->text()) == choices.end()) {
      const std::string near = nearest(item->text(), choices);
      throw Error(ErrorKind::configuration, fmt::format("{} = {}: not one of {}", name, item->text(), join(choices, ", ")), "",
                  near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    }
  }
  try {
    bind(value);
  } catch (const Error& error) {
    throw Error(ErrorKind::configuration, name + ": " + error.message(), error.where(), error.hint());
  }
}

Option& Options::insert(std::string name, std::string type, std::string doc) {
  if (find(name)) throw std::logic_error("option declared twice: " + name);
  Option option;
  option.name = std::move(name);
  option.type = std::move(type);
  option.doc = std::move(doc);
  return all_.emplace_back(std::move(option));
}

template <class T>
Option& Options::add_member(std::string name, T& member, std::string doc) {
  Option& option = insert(std::move(name), Value<T>::type, std::move(doc));
  attach(option, member);
  return option;
}

Option& Options::add(std::string name, bool& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, int& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, std::int64_t& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, double& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, std::string& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, std::vector<std::int64_t>& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, std::vector<double>& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, std::vector<std::string>& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, Node& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}
Option& Options::add(std::string name, std::vector<Node>& member, std::string doc) {
  return add_member(std::move(name), member, std::move(doc));
}

void Options::preset(std::string name, std::string doc, std::vector<std::pair<std::string, std::string>> values) {
  if (presets_.empty()) {
    Option& option = insert("preset", Value<std::string>::type, "a named set of values; options given beside it win");
    const auto chosen = std::make_shared<std::string>("none");
    option.bind = [chosen](const Node& node) { *chosen = Value<std::string>::read(node); };
    option.current = [chosen] { return Node::scalar(*chosen); };
    option.initial = option.current();
    option.choices = {"none"};
  }
  const auto option = std::find_if(all_.begin(), all_.end(), [](const Option& o) { return o.name == "preset"; });
  option->choices.push_back(name);
  presets_.push_back({std::move(name), std::move(doc), std::move(values)});
}

void Options::rule(std::function<std::string()> check) { rules_.push_back(std::move(check)); }

const Option* Options::find(std::string_view name) const {
  for (const Option& option : all_)
    if (option.name == name || std::find(option.aliases.begin(), option.aliases.end(), name) != option.aliases.end())
      return &option;
  return nullptr;
}

void Options::set_option(const Option& option, Node value, const std::string& origin, const std::string& where) {
  if (option.is_path) make_absolute(value);
  try {
    option.set(value);
  } catch (const Error& error) {
    throw Error(ErrorKind::configuration, error.message(), place(value, where), error.hint());
  }
  std::erase_if(origins_, [&](const auto& known) { return known.first == option.name; });
  origins_.emplace_back(option.name, origin);
}

Error Options::unknown(const std::string& key, const std::string& where) const {
  std::vector<std::string> names;
  for (const Option& option : all_) {
    names.push_back(option.name);
    names.insert(names.end(), option.aliases.begin(), option.aliases.end());
  }
  const std::string near = nearest(key, names);
  const std::string hint = !near.empty()   ? fmt::format("did you mean '{}'?", near)
                           : names.empty() ? "it takes no options"
                                           : "its options are " + join(names, ", ");
  return Error(ErrorKind::configuration, fmt::format("no option '{}'", key), where, hint);
}

void Options::apply_preset(const Node& choice, const std::string& where) {
  const Option& option = *find("preset");
  set_option(option, choice, origin_of(choice), where);
  const auto chosen =
      std::find_if(presets_.begin(), presets_.end(), [&](const Preset& preset) { return preset.name == choice.text(); });
  if (chosen == presets_.end()) return;  // "none"
  for (const auto& [name, text] : chosen->values) {
    const Option* target = find(name);
    if (!target) throw std::logic_error("preset " + chosen->name + " sets an option that is not declared: " + name);
    Node value = parse_value(text, "preset " + chosen->name);
    value.set_at({});  // its paths, if any, are not relative to anything
    set_option(*target, std::move(value), "preset " + chosen->name, place(choice, where));
  }
}

void Options::apply(const Node& map, const std::string& where) {
  if (!map.is_map() && !map.is_null())
    throw Error(ErrorKind::configuration, fmt::format("{}: expected a map of options, not {}", where, shown(map)), map.at().text());
  ErrorList faults;
  if (const Node* choice = presets_.empty() ? nullptr : map.find("preset"))
    faults.attempt([&] { apply_preset(*choice, where); });

  std::map<std::string, std::pair<std::string, bool>> seen;  // by option: the name it was given by, and whether --set did
  for (const auto& entry : map.entries()) {
    const std::string& key = entry.first;
    const Node& value = entry.second;
    const Option* option = find(key);
    if (!option) {
      faults.add(unknown(key, place(value, where)));
      continue;
    }
    const bool now = value.origin() == "--set";
    if (const auto [earlier, first] = seen.try_emplace(option->name, key, now); !first) {
      const auto [name, by_set] = earlier->second;
      if (by_set && !now) continue;  // the command line wins, whichever name the file has
      if (by_set == now)
        faults.add(Error(ErrorKind::configuration, fmt::format("'{}' and '{}' are two names of one option", key, name), place(value, where),
                         "keep one of them"));
      if (by_set == now) continue;
      earlier->second = {key, now};
    }
    if (!option->deprecation.empty())
      log::warn_once(fmt::format("{}: option '{}' is deprecated: {}", place(value, where), key, option->deprecation));
    if (option->name == "preset" && !presets_.empty()) continue;
    faults.attempt([&] { set_option(*option, value, origin_of(value), where); });
  }
  for (const Option& option : all_)
    if (option.is_required && !seen.count(option.name))
      faults.add(
          Error(ErrorKind::configuration, fmt::format("{} needs the option '{}'", where, option.name), map.at().text(), option.doc));
  faults.raise();

  // Only now: rules over values that were refused would say misleading things.
  for (const auto& check : rules_)
    if (const std::string fault = check(); !fault.empty()) faults.add(Error(ErrorKind::configuration, fault, place(map, where)));
  faults.raise();
}

Node Options::resolved() const {
  Node map = Node::map({});
  for (const Option& option : all_) {
    Node& value = map.set(option.name, option.current());
    const auto known =
        std::find_if(origins_.begin(), origins_.end(), [&](const auto& origin) { return origin.first == option.name; });
    value.set_origin(known == origins_.end() ? "default" : known->second);
  }
  return map;
}

}  // namespace plexus
