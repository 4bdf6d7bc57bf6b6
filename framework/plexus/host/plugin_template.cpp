#include <plexus/host/plugin_template.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 47;  // of the descriptor
const std::string kPlaceholder = "@name@";

void check_name(const std::string& name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || name.size() > kLongestName || !(name[0] >= 'a' && name[0] <= 'z') ||
      !std::all_of(name.begin(), name.end(), allowed))
    throw Error(ErrorKind::usage, fmt::format("'{}' cannot name a plugin", name), "",
                fmt::format("at most {} lower-case letters, digits and '_', the first a letter: my_method", kLongestName));
  // Names that C++ or the headers have already.
  for (const char* taken : {"plexus", "std", "at", "c10", "torch", "testing", "auto", "bool", "case", "class", "const", "data",
                            "default", "delete", "double", "export", "float", "int", "long", "namespace", "new", "operator",
                            "private", "public", "register", "return", "short", "signed", "static", "struct", "switch",
                            "template", "this", "throw", "try", "typename", "union", "unsigned", "using", "virtual", "void"})
    if (name == taken)
      throw Error(ErrorKind::usage, fmt::format("'{}' is a word of C++ or of a library and cannot name a plugin", name), "",
                  fmt::format("try '{}_plugin' or 'my_{}'", name, name));
}

std::string filled(std::string text, const std::string& name) {
  for (auto at = text.find(kPlaceholder); at != std::string::npos; at = text.find(kPlaceholder, at + name.size()))
    text.replace(at, kPlaceholder.size(), name);
  return text;
}

}  // namespace

std::vector<std::string> template_kinds() { return {"method", "dataset", "step"}; }

std::vector<std::string> write_template(const std::string& kind, const std::string& name, const fs::path& folder) {
  check_name(name);
  std::error_code error;
  if (fs::exists(folder, error) && !(fs::is_directory(folder, error) && fs::is_empty(folder, error)))
    throw Error(ErrorKind::data, "there is something in the way", folder.string(), "name another folder with -o");
  std::vector<std::string> written;
  for (const auto& [path, content] : shipped_templates()) {
    const auto slash = path.find('/');
    if (const std::string of = path.substr(0, slash); of != kind && of != "shared") continue;
    const std::string target = filled(path.substr(slash + 1), name);
    make_folder((folder / target).parent_path());
    write_file(folder / target, filled(content, name));
    written.push_back(target);
  }
  std::sort(written.begin(), written.end());
  return written;
}

}  // namespace plexus
