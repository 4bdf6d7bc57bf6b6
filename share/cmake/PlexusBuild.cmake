# Compiler settings of the whole tree.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1 -D_GLIBCXX_ASSERTIONS")

# One set of flags for libraries, plugins and programs, so that all share one precompiled header.
add_compile_options(-fPIC -Wall -Wextra -Wpedantic -Wno-unused-parameter -ffp-contract=off)
if(PLEXUS_WERROR)
  add_compile_options(-Werror)
endif()
if(PLEXUS_SANITIZE)
  add_compile_options(-fsanitize=${PLEXUS_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PLEXUS_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  string(APPEND CMAKE_CXX_FLAGS " -Xclang -fno-pch-timestamp")
else()
  string(APPEND CMAKE_CXX_FLAGS " -fpch-preprocess")
  if(PLEXUS_UNITY)
    string(APPEND CMAKE_CXX_FLAGS " -Wno-subobject-linkage")  # every source of a unity build counts as a header
  endif()
endif()

find_program(PLEXUS_CCACHE ccache)
if(PLEXUS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${PLEXUS_CCACHE})
endif()
find_program(PLEXUS_MOLD mold)
if(PLEXUS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

set(CMAKE_UNITY_BUILD ${PLEXUS_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
