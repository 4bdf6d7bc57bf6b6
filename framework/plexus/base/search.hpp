#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/base/descriptor.hpp>

namespace plexus {

struct FoundPlugin {
  std::filesystem::path file;
  PluginDescriptor descriptor;  // as far as it could be read
  std::string problem;          // why it is refused, one sentence; "" where it may be loaded
  std::filesystem::path hidden_by;  // an earlier folder's plugin of the same name; "" where none
};

// --plugin-path entries first, then PLEXUS_PLUGIN_PATH (colons between), $XDG_DATA_HOME/plexus/plugins,
// EXE/../lib/plexus/plugins. Folders that do not exist are left out, the same folder is taken once. The environment is
// ignored under setuid, and its relative entries always: the current folder is searched only where `given` names it.
std::vector<std::filesystem::path> plugin_folders(const std::vector<std::filesystem::path>& given);

// Reads every *.so below the folders' top level and checks it against `host` (interface version and digests, LibTorch,
// standard-library tag). A file or folder that everybody may write, or that another non-root user owns, is refused. The
// first of a name that may be loaded wins and hides the later; two of one name in one folder are both refused. A folder that is
// refused is an entry of its own. Sorted by name.
std::vector<FoundPlugin> find_plugins(const std::vector<std::filesystem::path>& folders, const PluginDescriptor& host);

// "" where a plugin of this descriptor can run in the host, else one sentence that says what to do.
std::string incompatibility(const PluginDescriptor& plugin, const PluginDescriptor& host);

}  // namespace plexus
