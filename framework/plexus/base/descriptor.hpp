#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace plexus {

// What a plugin's file says of itself in its ".plexus" section. Read without running any of its code.
struct PluginDescriptor {
  std::string name, version, summary;
  int api_major = 0, api_minor = 0;
  std::string sdk_digest, toolkit_digest;  // 15 hexadecimal digits; toolkit "" where none of it is used
  std::string torch;                       // "2.11.0"
  std::string compiler, abi, build;        // "gcc 12.2", "libstdc++ cxx11", "Release"
};

// Reads the section from an ELF file of this machine's kind. Throws Error(plugin), one sentence that says what the file is
// and what to do: missing, not a shared library, cut short, another machine, no Plexus plugin, bad magic or size.
PluginDescriptor read_descriptor(const std::filesystem::path& file);

// Names that other libraries could bind to, as the linker writes them. Throws as read_descriptor does.
std::vector<std::string> exported_symbols(const std::filesystem::path& file);

}  // namespace plexus
