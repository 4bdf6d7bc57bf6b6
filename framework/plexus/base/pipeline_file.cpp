#include <plexus/base/pipeline_file.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/base/yaml.hpp>

namespace plexus {
namespace fs = std::filesystem;
namespace {

constexpr int most_files = 1000;  // of one pipeline with all that it includes

bool is_name(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string with_variables(const std::string& text, const std::string& where) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t dollar = text.find("${", at);
    out.append(text, at, dollar - at);
    if (dollar == std::string::npos) return out;
    if (dollar > at && text[dollar - 1] == '$') {  // $${ stands for ${
      out += '{';
      at = dollar + 2;
      continue;
    }
    const std::size_t end = text.find('}', dollar);
    if (end == std::string::npos) throw Error(ErrorKind::configuration, "${ without }", where, "write $${ for the characters themselves");
    const std::string inside = text.substr(dollar + 2, end - dollar - 2);
    const std::size_t colon = inside.find(":-");
    const std::string name = inside.substr(0, colon);
    if (!is_name(name)) throw Error(ErrorKind::configuration, fmt::format("'{}' is no name of an environment variable", name), where);
    const char* value = std::getenv(name.c_str());
    if (value && (*value || colon == std::string::npos)) {
      out += value;
    } else if (colon != std::string::npos) {
      out += inside.substr(colon + 2);
    } else {
      throw Error(ErrorKind::configuration, fmt::format("the environment variable {} is not set", name), where,
                  fmt::format("set it, or give a default: ${{{}:-…}}", name));
    }
    at = end + 1;
  }
}

void take_variables(Node& node, ErrorList& faults) {
  for (auto& [key, value] : node.entries()) take_variables(value, faults);
  for (Node& item : node.items()) take_variables(item, faults);
  if (!node.is_scalar() || node.text().find("${") == std::string::npos) return;
  faults.attempt([&] {
    Node expanded = Node::scalar(with_variables(node.text(), node.at().text()), node.at());
    expanded.set_origin(node.origin());
    node = std::move(expanded);
  });
}

// YAML's flow style takes more than JSON allows: a comma after the last item, words without quotes.
void require_json(const std::string& content, const std::string& name) {
  try {
    static_cast<void>(nlohmann::json::parse(content));
  } catch (const nlohmann::json::parse_error& error) {
    const std::string before = content.substr(0, error.byte > 0 ? error.byte - 1 : 0);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto column = before.size() - (before.rfind('\n') == std::string::npos ? 0 : before.rfind('\n') + 1) + 1;
    throw Error(ErrorKind::configuration, "is not JSON from here on", fmt::format("{}:{}:{}", name, line, column),
                "mend it, or call the file .yaml, which allows more");
  }
}

void merge(Node& under, Node over) {
  if (!under.is_map() || !over.is_map()) {
    under = std::move(over);
    return;
  }
  for (auto& [key, value] : over.entries()) {
    if (Node* known = under.find(key))
      merge(*known, std::move(value));
    else
      under.set(key, std::move(value));
  }
  under.set_at(over.at());
  under.set_origin(over.origin());
}

// Reads a file and what it includes.
class Reader {
 public:
  Node file(const fs::path& path, const std::string& where) {
    if (++files_ > most_files) throw Error(ErrorKind::configuration, fmt::format("more than {} files included", most_files), where);
    std::error_code missing;
    const fs::path real = fs::canonical(path, missing);
    if (missing) throw Error(ErrorKind::configuration, fmt::format("no file {}", path.string()), where, missing.message());
    if (std::find(open_.begin(), open_.end(), real) != open_.end())
      throw Error(ErrorKind::configuration, fmt::format("{} includes itself", path.string()), where);
    std::string content;
    try {
      content = read_file(path);
    } catch (const Error& error) {
      throw Error(ErrorKind::configuration, error.message(), error.where());
    }
    if (path.extension() == ".json") require_json(content, path.string());
    open_.push_back(real);
    Node node = text(content, path.string());
    open_.pop_back();
    return node;
  }

  Node text(const std::string& content, const std::string& name) {
    Node node = parse_yaml(content, name);
    if (node.is_null()) node = Node::map({}, {name});
    if (!node.is_map()) throw Error(ErrorKind::configuration, "expected a map of keys and values", node.at().text());
    ErrorList faults;
    take_variables(node, faults);
    if (const Node* found = node.find("include")) {
      const Node includes = *found;
      node.erase("include");
      Node below = Node::map({});
      for (const Node& each : includes.is_scalar() ? std::vector{includes} : includes.items())
        faults.attempt([&] { merge(below, included(each, name)); });
      if (includes.is_map()) faults.add(Error(ErrorKind::configuration, "include takes a file or a list of files", includes.at().text()));
      merge(below, std::move(node));
      node = std::move(below);
    }
    faults.raise();
    return node;
  }

 private:
  Node included(const Node& item, const std::string& name) {
    if (!item.is_scalar()) throw Error(ErrorKind::configuration, "include takes a file or a list of files", item.at().text());
    return file(fs::path(name).parent_path() / item.text(), item.at().text());
  }

  std::vector<fs::path> open_;
  int files_ = 0;
};

}  // namespace

Node read_pipeline_file(const fs::path& path) { return Reader().file(path, ""); }

Node read_pipeline_text(const std::string& text, const std::string& name) { return Reader().text(text, name); }

Node parse_value(const std::string& text, const std::string& name) {
  const std::string_view value = trim(text);
  if (value == "null" || value == "~") return Node();
  if (value.empty() || std::string_view("[{\"'").find(value.front()) == std::string_view::npos)
    return Node::scalar(std::string(value), {name});
  return parse_yaml(std::string(value), name);
}

}  // namespace plexus
