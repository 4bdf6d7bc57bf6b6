#pragma once
#include <filesystem>

#include <plexus/base/descriptor.hpp>
#include <plexus/sdk/registry.hpp>

namespace plexus {

using RegisterFunction = void (*)(Registry&);

// Loads a plugin's file into the process, for good: code that tensors, exceptions or threads may still point to is never
// unmapped. The descriptor in memory must be the one that was read from the file. Throws Error(plugin) with one sentence.
RegisterFunction open_library(const std::filesystem::path& file, const PluginDescriptor& expected);

}  // namespace plexus
