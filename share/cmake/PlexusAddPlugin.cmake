# plexus_add_plugin(NAME [SDK_ONLY] SOURCES a.cpp ... [TESTS a_test.cpp ...] [PARITY subjects.cpp ...] [LIBRARIES target ...])
#
# NAME becomes lib/plexus/plugins/NAME.so (outside of this tree: plugins/NAME.so of the build folder, installed to
# lib/plexus/plugins; its tests are the program NAME-test). The sources are an object library as well, so that tests (and the parity runner,
# for PARITY sources) see the plugin's internals without loading it. Only the entry points are exported: two plugins may
# hold classes of one name. A plugin is never unloaded (-z nodelete) and may leave no symbol unresolved (-z defs).
#
# SDK_ONLY: the sources find the headers of the sdk level alone (plexus/sdk and the parts of plexus/base named below), and the
# plugin runs in every later minor version; without it, in exactly this version of the toolkit. Its tests find all headers.
set(PLEXUS_SDK_BASE_HEADERS error node options random reserved)

# The sdk level's headers alone, as links in the build folder.
function(plexus_sdk_include_folder variable)
  set(folder "${CMAKE_BINARY_DIR}/plexus_sdk_include")
  file(MAKE_DIRECTORY "${folder}/plexus/base" "${folder}/plexus/sdk")
  foreach(header ${PLEXUS_SDK_BASE_HEADERS})
    file(CREATE_LINK "${PLEXUS_HEADERS}/plexus/base/${header}.hpp" "${folder}/plexus/base/${header}.hpp" SYMBOLIC)
  endforeach()
  file(GLOB sdk_headers "${PLEXUS_HEADERS}/plexus/sdk/*.hpp" "${PLEXUS_GENERATED_HEADERS}/plexus/sdk/*.hpp")
  foreach(header ${sdk_headers})
    get_filename_component(name "${header}" NAME)
    file(CREATE_LINK "${header}" "${folder}/plexus/sdk/${name}" SYMBOLIC)
  endforeach()
  set(${variable} "${folder}" PARENT_SCOPE)
endfunction()

function(plexus_add_plugin name)
  cmake_parse_arguments(ARG "SDK_ONLY" "" "SOURCES;TESTS;PARITY;LIBRARIES" ${ARGN})
  add_library(plexus_plugin_${name}_objects OBJECT ${ARG_SOURCES})
  # The entry point is an object of its own, so that programs with several plugins' code can leave it out.
  set_source_files_properties("${CMAKE_CURRENT_SOURCE_DIR}/plugin.cpp" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_include_directories(plexus_plugin_${name}_objects PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
  if(ARG_SDK_ONLY)
    plexus_sdk_include_folder(sdk_include)
    target_include_directories(plexus_plugin_${name}_objects PRIVATE "${sdk_include}")
    target_compile_definitions(plexus_plugin_${name}_objects PRIVATE PLEXUS_SDK_ONLY)
    target_compile_features(plexus_plugin_${name}_objects PUBLIC cxx_std_20)
    target_link_libraries(plexus_plugin_${name}_objects PUBLIC plexus::torch ${ARG_LIBRARIES})
  else()
    target_link_libraries(plexus_plugin_${name}_objects PUBLIC plexus::plexus ${ARG_LIBRARIES})
  endif()
  if(PLEXUS_OWN_TREE)
    target_link_libraries(plexus_plugin_${name}_objects PUBLIC fmt::fmt-header-only)
    plexus_precompile(plexus_plugin_${name}_objects)
  else()
    set_target_properties(plexus_plugin_${name}_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()

  set(folder "${CMAKE_BINARY_DIR}/plugins")
  if(PLEXUS_OWN_TREE)
    set(folder "${CMAKE_BINARY_DIR}/lib/plexus/plugins")
  endif()
  add_library(plexus_plugin_${name} MODULE)
  target_link_libraries(plexus_plugin_${name} PRIVATE plexus_plugin_${name}_objects plexus::plexus)
  target_link_options(plexus_plugin_${name} PRIVATE
    "-Wl,--version-script=${PLEXUS_PLUGIN_EXPORTS}" -Wl,-z,nodelete -Wl,-z,defs -Wl,-z,now -Wl,--as-needed)
  if(PLEXUS_SANITIZE)
    target_link_options(plexus_plugin_${name} PRIVATE -Wl,-z,undefs)
  endif()
  set_target_properties(plexus_plugin_${name} PROPERTIES
    OUTPUT_NAME ${name} PREFIX "" SUFFIX ".so" SKIP_BUILD_RPATH ON
    LIBRARY_OUTPUT_DIRECTORY "${folder}"
    LINK_DEPENDS "${PLEXUS_PLUGIN_EXPORTS}")

  # What was written is what is loaded: a last line with the file's checksum, which the host compares.
  add_custom_command(TARGET plexus_plugin_${name} POST_BUILD VERBATIM
    COMMAND sh -c "printf '\\nPLEXUS-SHA256:%s' \"$(sha256sum <\"$0\" | cut -c1-64)\" >>\"$0\"" $<TARGET_FILE:plexus_plugin_${name}>)

  # The training that `plexus plugins check` tries the plugin by.
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/smoke.yaml")
    configure_file("${CMAKE_CURRENT_SOURCE_DIR}/smoke.yaml" "${folder}/${name}.smoke.yaml" COPYONLY)
    install(FILES "${CMAKE_CURRENT_SOURCE_DIR}/smoke.yaml" DESTINATION lib/plexus/plugins RENAME ${name}.smoke.yaml)
  endif()

  if(NOT PLEXUS_OWN_TREE)
    install(TARGETS plexus_plugin_${name} LIBRARY DESTINATION lib/plexus/plugins)
    if(ARG_TESTS)
      find_package(GTest REQUIRED)
      # Asked for in a function it would be forgotten at the function's end.
      if(NOT CMAKE_TESTING_ENABLED)
        message(WARNING "${name} has tests that ctest will not find: write enable_testing() before plexus_add_plugin()")
      endif()
      add_executable(${name}-test ${ARG_TESTS})
      target_link_libraries(${name}-test PRIVATE plexus_plugin_${name}_objects plexus::plexus GTest::gtest_main)
      add_test(NAME ${name} COMMAND ${name}-test)
    endif()
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY PLEXUS_PLUGINS ${name})
  if(ARG_TESTS AND PLEXUS_TESTS)
    set_property(GLOBAL APPEND PROPERTY PLEXUS_PLUGIN_TESTS ${name})
    list(TRANSFORM ARG_TESTS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
    set_property(GLOBAL PROPERTY PLEXUS_PLUGIN_TESTS_${name} ${ARG_TESTS})
  endif()
  if(ARG_PARITY)
    list(TRANSFORM ARG_PARITY PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
    set_property(GLOBAL APPEND PROPERTY PLEXUS_PARITY_PLUGINS ${name})
    set_property(GLOBAL APPEND PROPERTY PLEXUS_PARITY_SOURCES ${ARG_PARITY})
  endif()
endfunction()

set(PLEXUS_PLUGIN_EXPORTS "${CMAKE_CURRENT_LIST_DIR}/plugin_exports.map")
