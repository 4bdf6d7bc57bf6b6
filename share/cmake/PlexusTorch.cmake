# LibTorch without its own CMake package: that one asks for the CUDA toolkit and links libtorch_cuda (docs/dependencies.md).
if(NOT EXISTS "${PLEXUS_LIBTORCH}/include/torch/headeronly/version.h")
  message(FATAL_ERROR "No LibTorch in ${PLEXUS_LIBTORCH}: run tools/setup, or give -DPLEXUS_LIBTORCH=DIR (the folder with lib/ and include/).")
endif()
file(READ "${PLEXUS_LIBTORCH}/include/torch/headeronly/version.h" _torch_version)
string(REGEX MATCH "TORCH_VERSION_MAJOR ([0-9]+)" _ "${_torch_version}")
set(PLEXUS_TORCH_VERSION "${CMAKE_MATCH_1}")
string(REGEX MATCH "TORCH_VERSION_MINOR ([0-9]+)" _ "${_torch_version}")
string(APPEND PLEXUS_TORCH_VERSION ".${CMAKE_MATCH_1}")
if(NOT PLEXUS_TORCH_VERSION STREQUAL "2.11")
  message(FATAL_ERROR "Plexus needs LibTorch 2.11; ${PLEXUS_LIBTORCH} holds ${PLEXUS_TORCH_VERSION}.")
endif()

if(NOT TARGET plexus::torch)
  add_library(plexus_torch INTERFACE)
  add_library(plexus::torch ALIAS plexus_torch)
  target_include_directories(plexus_torch SYSTEM INTERFACE
    "$<BUILD_INTERFACE:${PLEXUS_LIBTORCH}/include>"
    "$<BUILD_INTERFACE:${PLEXUS_LIBTORCH}/include/torch/csrc/api/include>")
  target_link_libraries(plexus_torch INTERFACE
    "$<BUILD_INTERFACE:${PLEXUS_LIBTORCH}/lib/libtorch_cpu.so>" "$<BUILD_INTERFACE:${PLEXUS_LIBTORCH}/lib/libc10.so>")
endif()
