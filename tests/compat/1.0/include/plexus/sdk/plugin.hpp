#pragma once
// The only header that defines anything: include it in the one file that holds PLEXUS_PLUGIN.
#include <torch/version.h>

#include <plexus/sdk/abi.hpp>
#include <plexus/sdk/registry.hpp>
#include <plexus/sdk/version.hpp>

// PLEXUS_PLUGIN("name", "1.0.0", "One line.") { registry.models.add<Model>("name", "what it is"); }
// `name` is the plugin's name, equal to its file's; the body says what it offers.
#define PLEXUS_PLUGIN(plugin_name, plugin_version, plugin_summary)                                                         \
  extern "C" __attribute__((section(PLEXUS_DESCRIPTOR_SECTION), used, visibility("default")))                              \
  const plexus_descriptor plexus_plugin_descriptor = {                                                                     \
      PLEXUS_DESCRIPTOR_MAGIC, sizeof(plexus_descriptor), PLEXUS_API_MAJOR, PLEXUS_API_MINOR, PLEXUS_SDK_DIGEST,           \
      PLEXUS_TOOLKIT_DIGEST, TORCH_VERSION, PLEXUS_COMPILER, PLEXUS_ABI, PLEXUS_BUILD_TYPE, plugin_name, plugin_version,   \
      plugin_summary};                                                                                                     \
  extern "C" __attribute__((visibility("default"))) void plexus_plugin_register(plexus::Registry& registry)
