#pragma once
#include <cstdint>

// What a plugin's file says of itself, in the ELF section ".plexus". Plain characters and numbers, no pointers: it is read
// from the file before any of the plugin's code runs. Texts end with a zero byte.
extern "C" {
struct plexus_descriptor {
  char magic[16];  // "PLEXUS-PLUGIN-1"
  std::uint32_t size;
  std::uint16_t api_major, api_minor;
  char sdk_digest[16], toolkit_digest[16];
  char torch[32], compiler[32], abi[64], build[16], name[48], version[16], summary[120];
};
}
#define PLEXUS_DESCRIPTOR_MAGIC "PLEXUS-PLUGIN-1"
#define PLEXUS_DESCRIPTOR_SECTION ".plexus"

// The standard library and its string layout: objects of the two must not meet.
#if defined(__GLIBCXX__)
#define PLEXUS_ABI_STRING(x) #x
#define PLEXUS_ABI_TEXT(x) PLEXUS_ABI_STRING(x)
#define PLEXUS_ABI "libstdc++ cxx11=" PLEXUS_ABI_TEXT(_GLIBCXX_USE_CXX11_ABI)
#else
#error "Plexus plugins are built against libstdc++"
#endif
