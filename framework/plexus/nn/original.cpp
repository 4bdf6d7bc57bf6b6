#include <plexus/nn/original.hpp>

#include <algorithm>
#include <regex>
#include <set>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace {

constexpr std::string_view parallel_prefix = "module.";  // of torch.nn.DataParallel

// The value at "a.b": the entry of that very name, else b within a.
const PickleValue* open_container(const PickleValue& file, std::string_view path) {
  if (const auto* found = file.find(path)) return found;
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const auto* outer = file.find(path.substr(0, dot));
  return outer == nullptr ? nullptr : open_container(*outer, path.substr(dot + 1));
}

bool is_state(const PickleValue& value) {
  if (!value.is_dict() || value.entries().empty()) return false;
  return std::all_of(value.entries().begin(), value.entries().end(),
                     [](const auto& entry) { return entry.first.is_text() && entry.second.is_tensor(); });
}

std::regex compile(const Rename& rename) {
  try {
    return std::regex(rename.from, std::regex::ECMAScript);
  } catch (const std::regex_error&) {
    throw std::logic_error("a rename is no regular expression: " + rename.from);
  }
}

// The literal text of "^literal", dots escaped; throws where the expression says more than a prefix.
std::string literal_prefix(const Rename& rename) {
  std::string text;
  bool plain = rename.from.starts_with("^") && rename.to.find('$') == std::string::npos;
  for (std::size_t i = 1; plain && i < rename.from.size(); ++i) {
    char c = rename.from[i];
    if (c == '\\' && i + 1 < rename.from.size() && rename.from[i + 1] == '.') {
      c = rename.from[++i];
    } else if (std::string_view(".[]{}()\\*+?|^$").find(c) != std::string_view::npos) {
      plain = false;
    }
    text += c;
  }
  if (!plain || rename.to.empty()) {
    throw Error(ErrorKind::data, fmt::format("the authors' names cannot be restored: '{}' became '{}'", rename.from, rename.to),
                "", "export as safetensors instead");
  }
  return text;
}

}  // namespace

TensorMap original_state(const PickleValue& file, const Original& original) {
  const PickleValue* found = nullptr;
  for (const auto& container : original.containers) {
    found = open_container(file, container);
    if (found != nullptr) break;
  }
  if (found == nullptr) found = &file;
  if (!is_state(*found)) {
    std::string there = PickleValue::kind_name(found->kind());
    if (found->is_dict()) {
      std::vector<std::string> names;
      for (const auto& [key, value] : found->entries()) {
        if (key.is_text() && names.size() < 10) names.push_back(key.text());
      }
      there = "a dict of " + (names.empty() ? "nothing" : join(names, ", "));
    }
    throw Error(ErrorKind::data,
                fmt::format("no weights of the network '{}' are in it: it holds {}{}{}", original.network, there,
                            original.containers.empty() ? "" : ", not ", join(original.containers, " or ")));
  }

  auto state = found->tensors();
  const bool parallel =
      std::all_of(state.begin(), state.end(), [](const auto& entry) { return entry.first.starts_with(parallel_prefix); });
  std::vector<std::pair<std::regex, std::string>> renames;
  for (const auto& rename : original.renames) renames.emplace_back(compile(rename), rename.to);
  std::set<std::string> names;
  TensorMap renamed;
  for (auto& [name, tensor] : state) {
    if (parallel) name.erase(0, parallel_prefix.size());
    for (const auto& [from, to] : renames) name = std::regex_replace(name, from, to);
    if (name.empty()) continue;
    if (!names.insert(name).second) throw Error(ErrorKind::data, fmt::format("two of its tensors would both be '{}'", name));
    renamed.emplace_back(std::move(name), std::move(tensor));
  }
  return renamed;
}

std::vector<std::pair<std::string, PickleValue>> original_files(const std::map<std::string, TensorMap>& networks,
                                                                const std::vector<Original>& originals) {
  struct File {
    std::string first;
    PickleValue whole;
    PickleValue::Entries parts;
  };
  std::vector<File> files;
  for (const auto& original : originals) {
    const auto network = networks.find(original.network);
    if (network == networks.end()) continue;
    TensorMap state = network->second;
    for (auto rename = original.renames.rbegin(); rename != original.renames.rend(); ++rename) {
      const auto prefix = literal_prefix(*rename);
      for (auto& [name, tensor] : state) {
        if (name.starts_with(rename->to)) name = prefix + name.substr(rename->to.size());
      }
    }
    if (original.containers.empty()) {
      files.push_back({original.network, PickleValue(state), {}});
      continue;
    }
    const auto& container = original.containers.front();
    auto file = std::find_if(files.begin(), files.end(), [&](const File& f) {
      return !f.parts.empty() &&
             std::none_of(f.parts.begin(), f.parts.end(), [&](const auto& part) { return part.first.text() == container; });
    });
    if (file == files.end()) file = files.insert(files.end(), {original.network, {}, {}});
    file->parts.emplace_back(container, PickleValue(state));
  }
  std::vector<std::pair<std::string, PickleValue>> values;
  for (auto& file : files) {
    values.emplace_back(file.first, file.parts.empty() ? file.whole : PickleValue::dict(std::move(file.parts)));
  }
  return values;
}

}  // namespace plexus
