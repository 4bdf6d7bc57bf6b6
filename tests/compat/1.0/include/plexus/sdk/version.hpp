#pragma once

// Interface version: a plugin runs where api_major is equal and api_minor is not above the host's; at the same minor version
// the digest of the sdk headers is equal too (docs/architecture.md, "Two levels of promise"). Whatever changes these headers
// raises the minor version (more can be said) or the major one (plugins must be built again).
#define PLEXUS_VERSION "1.0.0"
#define PLEXUS_API_MAJOR 1
#define PLEXUS_API_MINOR 0
#define PLEXUS_SDK_DIGEST "feac36c8bf5444a"
#ifdef PLEXUS_SDK_ONLY  // plexus_add_plugin(... SDK_ONLY): the plugin sees no toolkit header
#define PLEXUS_TOOLKIT_DIGEST ""
#else
#define PLEXUS_TOOLKIT_DIGEST ""
#endif

// Of whoever compiles this: shown, not required to match.
#define PLEXUS_TEXT_OF(x) #x
#define PLEXUS_NUMBER(x) PLEXUS_TEXT_OF(x)
#ifdef NDEBUG
#define PLEXUS_BUILD_TYPE "Release"
#else
#define PLEXUS_BUILD_TYPE "Debug"
#endif
#ifdef __clang__
#define PLEXUS_COMPILER "Clang " PLEXUS_NUMBER(__clang_major__) "." PLEXUS_NUMBER(__clang_minor__)
#else
#define PLEXUS_COMPILER "GNU " PLEXUS_NUMBER(__GNUC__) "." PLEXUS_NUMBER(__GNUC_MINOR__)
#endif
