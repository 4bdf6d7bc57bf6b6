#include <plexus/base/search.hpp>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/log.hpp>
#include <plexus/base/text.hpp>

namespace plexus {
namespace fs = std::filesystem;
namespace {

// plexus_add_plugin appends the SHA-256 of what the linker wrote; a file without that line is taken as it is.
bool seal_fits(const std::string& bytes) {
  constexpr std::string_view mark = "\nPLEXUS-SHA256:";
  constexpr std::size_t digits = 64;
  if (bytes.size() < mark.size() + digits) return true;
  const std::string_view all = bytes, seal = all.substr(all.size() - mark.size() - digits);
  if (!seal.starts_with(mark)) return true;
  return sha256(all.substr(0, all.size() - seal.size())) == seal.substr(mark.size());
}

// Why others could change what stands there, or "".
std::string unsafe(const struct stat& info, std::string_view what) {
  if (info.st_mode & S_IWOTH)
    return fmt::format("the {} may be written by everybody, so anybody could put code there; take that right away (chmod o-w)",
                       what);
  if (info.st_uid != 0 && info.st_uid != geteuid())
    return fmt::format("the {} belongs to another user (uid {}), whose code is not run; copy it to a folder of your own", what,
                       info.st_uid);
  return "";
}

std::string sentence(const Error& error) {
  return error.hint().empty() ? error.message() : error.message() + "; " + error.hint();
}

FoundPlugin examine(const fs::path& file, const struct stat& info, const PluginDescriptor& host) {
  FoundPlugin plugin;
  plugin.file = file;
  try {
    plugin.descriptor = read_descriptor(file);
    plugin.problem = unsafe(info, "file");
    if (plugin.problem.empty()) plugin.problem = incompatibility(plugin.descriptor, host);
    if (plugin.problem.empty() && !seal_fits(read_file(plugin.file)))
      plugin.problem = "it is damaged: its bytes do not have the checksum that it was built with; copy or build it again";
  } catch (const Error& error) {
    plugin.problem = sentence(error);
  }
  return plugin;
}

// The shared libraries of one folder, sorted.
std::vector<fs::path> libraries(const fs::path& folder, std::error_code& fault) {
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault))
    if (entry->path().extension() == ".so" && entry->path().filename().string().front() != '.') files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  return files;
}

// The plugins of one folder. The same file under a second name (a link) is taken once.
std::vector<FoundPlugin> in_folder(const fs::path& folder, const PluginDescriptor& host) {
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) return {};
  if (const std::string problem = unsafe(info, "folder"); !problem.empty()) return {{folder, {}, problem, {}}};
  std::error_code fault;
  const auto files = libraries(folder, fault);
  if (fault) return {{folder, {}, "the folder cannot be read: " + fault.message(), {}}};

  std::vector<FoundPlugin> found;
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const auto& file : files) {
    if (stat(file.c_str(), &info) != 0 || !seen.emplace(info.st_dev, info.st_ino).second) continue;  // dangling, or known
    found.push_back(examine(file, info, host));
  }
  for (auto& one : found)
    for (const auto& other : found)
      if (&one != &other && !one.descriptor.name.empty() && one.descriptor.name == other.descriptor.name && one.problem.empty())
        one.problem = fmt::format("two files in one folder hold a plugin '{}' (the other is {}); remove one of them",
                                  one.descriptor.name, other.file.filename().string());
  return found;
}

std::string variable(const char* name) {
  const char* value = secure_getenv(name);
  return value ? value : "";
}

std::string name_of(const FoundPlugin& plugin) {
  return plugin.descriptor.name.empty() ? plugin.file.stem().string() : plugin.descriptor.name;
}

}  // namespace

std::vector<fs::path> plugin_folders(const std::vector<fs::path>& given) {
  std::vector<fs::path> wanted;
  std::error_code fault;
  const auto add_named = [&](const fs::path& folder) {
    if (!fs::is_directory(folder, fault))
      log::warn_once(fmt::format("plugin folder {} is not there", folder.string()));
    else if (libraries(folder, fault).empty() && !fault)
      log::warn_once(fmt::format("plugin folder {} holds no .so file", folder.string()));
    wanted.push_back(folder);
  };
  for (const auto& folder : given) add_named(folder);
  for (const auto& entry : split(variable("PLEXUS_PLUGIN_PATH"), ':')) {
    if (!entry.empty() && fs::path(entry).is_relative())
      log::warn_once(fmt::format("PLEXUS_PLUGIN_PATH: {} is left out; name it from the root", entry));
    else if (!entry.empty())
      add_named(entry);
  }
  const fs::path data = variable("XDG_DATA_HOME"), home = variable("HOME");
  if (data.is_absolute())
    wanted.push_back(data / "plexus/plugins");
  else if (home.is_absolute())
    wanted.push_back(home / ".local/share/plexus/plugins");
  if (const fs::path program = fs::read_symlink("/proc/self/exe", fault); !fault)
    wanted.push_back(program.parent_path().parent_path() / "lib/plexus/plugins");

  std::vector<fs::path> folders;
  for (const auto& folder : wanted) {
    const fs::path real = fs::canonical(folder, fault);
    if (!fault && fs::is_directory(real, fault) && std::find(folders.begin(), folders.end(), real) == folders.end())
      folders.push_back(real);
  }
  return folders;
}

std::vector<FoundPlugin> find_plugins(const std::vector<fs::path>& folders, const PluginDescriptor& host) {
  std::vector<FoundPlugin> all;
  for (const auto& folder : folders) {
    for (auto& plugin : in_folder(folder, host)) {
      const auto winner = std::find_if(all.begin(), all.end(), [&](const FoundPlugin& earlier) {
        return earlier.problem.empty() && earlier.hidden_by.empty() && earlier.descriptor.name == plugin.descriptor.name;
      });
      if (winner != all.end() && plugin.problem.empty()) plugin.hidden_by = winner->file;
      all.push_back(std::move(plugin));
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const FoundPlugin& a, const FoundPlugin& b) { return name_of(a) < name_of(b); });
  return all;
}

std::string incompatibility(const PluginDescriptor& plugin, const PluginDescriptor& host) {
  const auto interface = [](const PluginDescriptor& of) { return fmt::format("{}.{}", of.api_major, of.api_minor); };
  constexpr auto rebuild = "build the plugin against this Plexus";
  if (plugin.api_major != host.api_major || plugin.api_minor > host.api_minor)
    return fmt::format("it is built for interface {} and this Plexus has {}; {}", interface(plugin), interface(host), rebuild);
  // An older minor version has other headers by right; a digest that differs within one means a host or plugin between releases.
  if (plugin.api_minor == host.api_minor && plugin.sdk_digest != host.sdk_digest)
    return fmt::format("it is built against other interface headers of version {} (digest {}, here {}); {}", interface(plugin),
                       plugin.sdk_digest, host.sdk_digest, rebuild);
  if (!plugin.toolkit_digest.empty() && plugin.toolkit_digest != host.toolkit_digest)
    return fmt::format("it is built against other framework headers (digest {}, here {}); {}", plugin.toolkit_digest,
                       host.toolkit_digest, rebuild);
  if (plugin.torch != host.torch)
    return fmt::format("it is built with LibTorch {} and this Plexus runs {}; {}", plugin.torch, host.torch, rebuild);
  if (plugin.abi != host.abi)
    return fmt::format("it is built with another standard library ({}, here {}); {} with the same compiler settings",
                       plugin.abi, host.abi, rebuild);
  return "";
}

}  // namespace plexus
