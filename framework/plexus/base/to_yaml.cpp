#include <algorithm>

#include <plexus/base/pipeline_file.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

bool is_plain(const std::string& text) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '/';
  };
  if (text.empty() || text.starts_with("...") || text.back() == ' ') return false;
  if (const std::string_view word = text; word == "null" || word == "Null" || word == "NULL") return false;
  if (!harmless(text.front()) && !parse_real(text)) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return harmless(c) || c == '-' || c == '+' || c == ' '; });
}

std::string scalar(const std::string& text) {
  if (is_plain(text)) return text;
  std::string quoted = json_string(text);
  for (std::size_t at = 0; (at = quoted.find("${", at)) != std::string::npos; at += 3) quoted.insert(at, "$");
  return quoted;
}

bool is_flat(const Node& node) {
  return node.is_null() || node.is_scalar() || (node.is_map() && node.entries().empty()) ||
         (node.is_list() &&
          std::none_of(node.items().begin(), node.items().end(), [](const Node& n) { return n.is_map() || n.is_list(); }));
}

std::string flat(const Node& node) {
  if (node.is_null()) return "null";
  if (node.is_scalar()) return scalar(node.text());
  if (node.is_map()) return "{}";
  std::vector<std::string> items;
  for (const Node& item : node.items()) items.push_back(flat(item));
  return "[" + join(items, ", ") + "]";
}

// Lines of a map or list; the first is written without its indent, for a "- " or a file's start.
void write(const Node& node, std::size_t indent, std::string& out) {
  const std::string spaces(indent, ' ');
  bool first = true;
  const auto begin = [&] {
    if (!first) out += spaces;
    first = false;
  };
  for (const Node& item : node.items()) {
    begin();
    out += "- ";
    if (is_flat(item))
      out += flat(item) + "\n";
    else
      write(item, indent + 2, out);
  }
  for (const auto& [key, value] : node.entries()) {
    begin();
    out += scalar(key) + ":";
    if (is_flat(value)) {
      out += " " + flat(value) + "\n";
    } else {
      out += "\n" + std::string(indent + 2, ' ');
      write(value, indent + 2, out);
    }
  }
}

}  // namespace

std::string to_yaml(const Node& node) {
  if (is_flat(node)) return flat(node) + "\n";
  std::string out;
  write(node, 0, out);
  return out;
}

}  // namespace plexus
