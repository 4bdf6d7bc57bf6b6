#include <plexus/base/node.hpp>

#include <algorithm>
#include <cmath>

#include <plexus/base/text.hpp>

namespace plexus {
namespace {

// JSON's own spelling of numbers is narrower than ours: "inf", "+1", ".5" and "yes" stay strings.
bool is_json_literal(const std::string& text) {
  if (text == "true" || text == "false") return true;
  if (!parse_integer(text) && !(parse_real(text) && std::isfinite(*parse_real(text)))) return false;
  const std::size_t first = text.find_first_not_of('-');
  const bool digit_first = first != std::string::npos && first <= 1 && text[first] >= '0' && text[first] <= '9';
  const bool leading_zero =
      digit_first && text[first] == '0' && first + 1 < text.size() && text[first + 1] >= '0' && text[first + 1] <= '9';
  const std::size_t dot = text.find('.');
  const bool bare_dot = dot != std::string::npos && (dot + 1 == text.size() || text[dot + 1] < '0' || text[dot + 1] > '9');
  return digit_first && !leading_zero && !bare_dot;
}

void write_json(const Node& node, int indent, int depth, std::string& out) {
  const auto line = [&](int level) {
    if (indent >= 0) out += '\n' + std::string(static_cast<std::size_t>(indent * level), ' ');
  };
  switch (node.kind()) {
    case Node::Kind::null:
      out += "null";
      break;
    case Node::Kind::scalar:
      out += node.is_literal() && is_json_literal(node.text()) ? node.text() : json_string(node.text());
      break;
    case Node::Kind::list: {
      const auto& items = node.items();
      // A list of plain values reads best on one line.
      const bool flat = std::none_of(items.begin(), items.end(), [](const Node& n) { return n.is_list() || n.is_map(); });
      out += '[';
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i) out += flat && indent >= 0 ? ", " : ",";
        if (!flat) line(depth + 1);
        write_json(items[i], indent, depth + 1, out);
      }
      if (!flat) line(depth);
      out += ']';
      break;
    }
    case Node::Kind::map: {
      const auto& entries = node.entries();
      out += '{';
      for (std::size_t i = 0; i < entries.size(); ++i) {
        if (i) out += ',';
        line(depth + 1);
        out += json_string(entries[i].first) + (indent >= 0 ? ": " : ":");
        write_json(entries[i].second, indent, depth + 1, out);
      }
      if (!entries.empty()) line(depth);
      out += '}';
      break;
    }
  }
}

}  // namespace

Node Node::scalar(std::string text, Location at) {
  Node node;
  node.kind_ = Kind::scalar;
  node.text_ = std::move(text);
  node.at_ = std::move(at);
  return node;
}

Node Node::literal(std::string text) {
  Node node = scalar(std::move(text));
  node.literal_ = true;
  return node;
}

Node Node::list(std::vector<Node> items, Location at) {
  Node node;
  node.kind_ = Kind::list;
  node.items_ = std::move(items);
  node.at_ = std::move(at);
  return node;
}

Node Node::map(std::vector<std::pair<std::string, Node>> entries, Location at) {
  Node node;
  node.kind_ = Kind::map;
  node.entries_ = std::move(entries);
  node.at_ = std::move(at);
  return node;
}

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : entries_)
    if (name == key) return &value;
  return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Node::set(std::string_view key, Node value) {
  if (kind_ == Kind::null) kind_ = Kind::map;
  if (Node* found = find(key)) return *found = std::move(value);
  return entries_.emplace_back(std::string(key), std::move(value)).second;
}

bool Node::erase(std::string_view key) {
  return std::erase_if(entries_, [&](const auto& entry) { return entry.first == key; }) > 0;
}

std::string Node::json(int indent) const {
  std::string out;
  write_json(*this, indent, 0, out);
  return out;
}

bool Node::operator==(const Node& other) const {
  return kind_ == other.kind_ && text_ == other.text_ && items_ == other.items_ && entries_ == other.entries_;
}

}  // namespace plexus
