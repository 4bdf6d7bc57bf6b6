// A plugin that says when any of its code runs: a refused one must stay silent. The definitions of CMakeLists.txt change
// one thing each.
#include <cstdio>

#include <torch/headeronly/version.h>

#include <plexus/sdk/abi.hpp>
#include <plexus/sdk/version.hpp>

#ifndef TEST_MAGIC
#define TEST_MAGIC PLEXUS_DESCRIPTOR_MAGIC
#endif
#ifndef TEST_SIZE
#define TEST_SIZE sizeof(plexus_descriptor)
#endif
#ifndef TEST_MAJOR
#define TEST_MAJOR PLEXUS_API_MAJOR
#endif
#ifndef TEST_MINOR
#define TEST_MINOR PLEXUS_API_MINOR
#endif
#ifndef TEST_SDK_DIGEST
#define TEST_SDK_DIGEST PLEXUS_SDK_DIGEST
#endif
#ifndef TEST_TOOLKIT_DIGEST
#define TEST_TOOLKIT_DIGEST ""
#endif
#ifndef TEST_TORCH
#define TEST_TORCH TORCH_VERSION
#endif
#ifndef TEST_ABI
#define TEST_ABI PLEXUS_ABI
#endif

#ifndef TEST_NO_DESCRIPTOR
extern "C" __attribute__((section(PLEXUS_DESCRIPTOR_SECTION), used)) const plexus_descriptor plexus_plugin_descriptor = {
    TEST_MAGIC,      TEST_SIZE, TEST_MAJOR,        TEST_MINOR, TEST_SDK_DIGEST, TEST_TOOLKIT_DIGEST,   TEST_TORCH,
    PLEXUS_COMPILER, TEST_ABI,  PLEXUS_BUILD_TYPE, TEST_NAME,  "1.0.0",         "Prints when it runs."};
#endif

#ifdef TEST_UNRESOLVED
extern "C" void plexus_test_nobody_defines_this();
#endif

#ifndef TEST_NO_REGISTER
extern "C" void plexus_plugin_register(void*) {
#ifdef TEST_UNRESOLVED
  plexus_test_nobody_defines_this();
#endif
}
#endif

namespace {
const int ran = std::fputs("LOUD PLUGIN RAN: " TEST_NAME "\n", stderr);
}
