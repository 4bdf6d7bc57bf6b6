#include <fmt/format.h>

#include <functional>

#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {


void mark(Node& node, const Location& at) {
  node.set_origin("--set");
  node.set_at(at);
  for (auto& [key, value] : node.entries()) mark(value, at);
  for (Node& item : node.items()) mark(item, at);
}

bool is_named(const Node& node, std::string_view name) {
  const Node* own = node.find("name");
  return own && own->is_scalar() && own->text() == name;
}

// The one thing inside a list entry such as `- train: {…}`; null where the entry has another form.
Node* single(Node& entry) { return entry.is_map() && entry.entries().size() == 1 ? &entry.entries().front().second : nullptr; }

// A group of stages (`repeat`) holds a list of its own.
std::vector<Node*> inner_lists(Node& entry) {
  std::vector<Node*> lists;
  for (Node* holder : {&entry, single(entry)})
    if (Node* stages = holder ? holder->find("stages") : nullptr; stages && stages->is_list()) lists.push_back(stages);
  return lists;
}

void find_by_name(Node& list, const std::string& name, std::vector<Node*>& found) {
  for (Node& entry : list.items()) {
    if (is_named(entry, name))
      found.push_back(&entry);
    else if (Node* inside = single(entry); inside && is_named(*inside, name))
      found.push_back(inside);
    for (Node* inner : inner_lists(entry)) find_by_name(*inner, name, found);
  }
}

void find_by_kind(Node& list, const std::string& kind, std::vector<Node*>& found) {
  for (Node& entry : list.items()) {
    if (entry.is_scalar() && entry.text() == kind) entry = Node::map({{kind, Node::map({}, entry.at())}}, entry.at());
    if (Node* inside = single(entry); inside && entry.entries().front().first == kind) found.push_back(inside);
    for (Node* inner : inner_lists(entry)) find_by_kind(*inner, kind, found);
  }
}

std::vector<Node*> find_entries(Node& list, const std::string& step) {
  std::vector<Node*> found;
  find_by_name(list, step, found);
  if (found.empty()) find_by_kind(list, step, found);
  return found;
}

std::vector<std::string> entry_names(const Node& list) {
  std::vector<std::string> names;
  for (const Node& entry : list.items()) {
    if (entry.is_scalar()) names.push_back(entry.text());
    for (const Node* holder : {&entry, entry.entries().size() == 1 ? &entry.entries().front().second : &entry})
      if (const Node* name = holder->find("name")) names.push_back(name->text());
    if (entry.entries().size() == 1) names.push_back(entry.entries().front().first);
  }
  return names;
}

std::vector<Node*> list_step(Node& list, const std::string& step, const std::string& where) {
  if (const auto index = parse_integer(step)) {
    if (*index < 0 || *index >= static_cast<long long>(list.items().size()))
      throw Error(ErrorKind::configuration, fmt::format("no entry {}: the list has {}", step, list.items().size()), where);
    return {&list.items()[static_cast<std::size_t>(*index)]};
  }
  auto found = find_entries(list, step);
  if (found.empty()) {
    const auto names = entry_names(list);
    const std::string near = nearest(step, names);
    throw Error(ErrorKind::configuration, fmt::format("the list has no entry '{}'", step), where,
                near.empty() ? "its entries are " + join(names, ", ") : fmt::format("did you mean '{}'?", near));
  }
  return found;
}

void assign(Node& node, const std::vector<std::string>& steps, std::size_t next, const Node& value, const std::string& where) {
  if (next == steps.size()) {
    node = value;
    return;
  }
  const std::string& step = steps[next];
  if (node.is_scalar())
    throw Error(ErrorKind::configuration, fmt::format("'{}' holds the text '{}' and has no '{}'", steps[next - 1], node.text(), step),
                where);
  if (node.is_list()) {
    for (Node* entry : list_step(node, step, where)) assign(*entry, steps, next + 1, value, where);
    return;
  }
  Node* known = node.find(step);
  if (!known) {
    known = &node.set(step, Node());
    known->set_at(value.at());
  }
  assign(*known, steps, next + 1, value, where);
}

}  // namespace

void set_value(Node& root, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string key(trim(assignment.substr(0, equals)));
  const auto steps = split(key, '.');
  bool malformed = equals == std::string::npos;
  for (const auto& step : steps) malformed = malformed || step.empty();
  if (malformed)
    throw Error(ErrorKind::usage, fmt::format("--set {}: expected KEY=VALUE", assignment), "",
                "for example --set train.iterations=100");

  const std::string where = "--set " + key;
  const std::string text(trim(std::string_view(assignment).substr(equals + 1)));
  if (text.size() > 1 && text.front() == '{' && text.back() != '}')
    throw Error(ErrorKind::configuration, "begins a map that does not end", where,
                fmt::format("a text with braces goes in quotes: --set '{}=\"{}\"'", key, text));
  Node value = parse_value(assignment.substr(equals + 1), where);
  mark(value, {where});
  Node* stages = root.find("stages");
  if (steps.size() > 1 && !root.find(steps[0]) && stages && stages->is_list()) {
    if (const auto found = find_entries(*stages, steps[0]); !found.empty()) {
      for (Node* stage : found) assign(*stage, steps, 1, value, where);
      return;
    }
  }
  assign(root, steps, 0, value, where);
}

}  // namespace plexus
