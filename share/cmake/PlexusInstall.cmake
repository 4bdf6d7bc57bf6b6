# What `cmake --install` puts below the prefix; everything finds everything else by relative paths, so the prefix can be moved.
#   bin/plexus  lib/libplexus*.so  lib/plexus/plugins/*.so  include/plexus/  lib/cmake/Plexus/  share/plexus/{pipelines,recipes}
# LibTorch is either copied to lib/plexus/libtorch or stays where it is, and its place is recorded.
option(PLEXUS_INSTALL_LIBTORCH "Copy LibTorch (CPU) into the prefix; OFF: record where it is" OFF)

set(PLEXUS_LIBRARY_FOLDER lib)  # the tool looks for ../lib/plexus/plugins
set(torch_place "$ORIGIN/plexus/libtorch/lib")
if(NOT PLEXUS_INSTALL_LIBTORCH)
  list(APPEND torch_place "${PLEXUS_LIBTORCH}/lib")
endif()
set_target_properties(plexus_tool PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
set_target_properties(plexus_base plexus plexus_host PROPERTIES INSTALL_RPATH "$ORIGIN;${torch_place}")

install(TARGETS plexus_tool RUNTIME DESTINATION bin)
install(TARGETS plexus_base plexus plexus_host LIBRARY DESTINATION ${PLEXUS_LIBRARY_FOLDER})
get_property(installed_plugins GLOBAL PROPERTY PLEXUS_PLUGINS)
foreach(plugin ${installed_plugins})
  install(TARGETS plexus_plugin_${plugin} LIBRARY DESTINATION ${PLEXUS_LIBRARY_FOLDER}/plexus/plugins)
endforeach()

# Layers that a plugin may use; the host and the report have no public headers.
foreach(layer base sdk data nn diffusion eval train)
  install(DIRECTORY framework/plexus/${layer} DESTINATION include/plexus FILES_MATCHING PATTERN "*.hpp")
endforeach()
install(FILES "${PROJECT_BINARY_DIR}/generated/plexus/sdk/version.hpp" DESTINATION include/plexus/sdk)

set(config_folder "${PLEXUS_LIBRARY_FOLDER}/cmake/Plexus")
set(PLEXUS_RECORDED_LIBTORCH "${PLEXUS_LIBTORCH}")
if(PLEXUS_INSTALL_LIBTORCH)
  set(PLEXUS_RECORDED_LIBTORCH "")
endif()
include(CMakePackageConfigHelpers)
configure_file(share/cmake/PlexusConfig.cmake.in "${PROJECT_BINARY_DIR}/PlexusConfig.cmake" @ONLY)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/PlexusConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/PlexusConfig.cmake" "${PROJECT_BINARY_DIR}/PlexusConfigVersion.cmake"
  share/cmake/PlexusAddPlugin.cmake share/cmake/PlexusTorch.cmake share/cmake/plugin_exports.map
  DESTINATION ${config_folder})

if(PLEXUS_INSTALL_LIBTORCH)
  file(GLOB torch_libraries "${PLEXUS_LIBTORCH}/lib/libtorch_cpu.so" "${PLEXUS_LIBTORCH}/lib/libc10.so"
    "${PLEXUS_LIBTORCH}/lib/libgomp*.so*" "${PLEXUS_LIBTORCH}/lib/libcudart.so*" "${PLEXUS_LIBTORCH}/lib/libcupti.so*")
  install(FILES ${torch_libraries} DESTINATION ${PLEXUS_LIBRARY_FOLDER}/plexus/libtorch/lib)
  install(DIRECTORY "${PLEXUS_LIBTORCH}/include" DESTINATION ${PLEXUS_LIBRARY_FOLDER}/plexus/libtorch)
  if(EXISTS "${PLEXUS_LIBTORCH}/LICENSE")
    install(FILES "${PLEXUS_LIBTORCH}/LICENSE" DESTINATION ${PLEXUS_LIBRARY_FOLDER}/plexus/libtorch)
  endif()
endif()

install(DIRECTORY pipelines share/recipes DESTINATION share/plexus)
install(FILES share/completion/plexus.bash DESTINATION share/bash-completion/completions RENAME plexus)
install(FILES share/completion/_plexus DESTINATION share/zsh/site-functions)
install(FILES share/completion/plexus.fish DESTINATION share/fish/vendor_completions.d)
install(FILES LICENSE README.md DESTINATION share/doc/plexus)
