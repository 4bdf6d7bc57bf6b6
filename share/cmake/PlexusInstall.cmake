# What `cmake --install` puts below the prefix; everything finds everything else by relative paths, so the prefix can be moved.
#   bin/plexus  lib/libplexus*.so  lib/plexus/plugins/*.so  include/plexus/  lib/cmake/Plexus/  share/man/man1
#   share/plexus/{pipelines,recipes,pipeline.schema.json}
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
write_basic_package_version_file("${PROJECT_BINARY_DIR}/PlexusConfigVersion.cmake" COMPATIBILITY SameMajorVersion)
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
install(FILES LICENSE README.md docs/plugins.md docs/preprocessing.md docs/formats.md docs/architecture.md DESTINATION share/doc/plexus)

# What the tool itself tells: manual pages and the schema that editors complete pipelines by.
install(CODE "set(PLEXUS_TOOL \"$<TARGET_FILE:plexus_tool>\")")
install(CODE "set(PLEXUS_MAN_PAGES \"${PROJECT_SOURCE_DIR}/tools/man_pages\")")
install(CODE [[
  set(share "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share")
  execute_process(COMMAND "${PLEXUS_MAN_PAGES}" "${PLEXUS_TOOL}" "${share}/man/man1" COMMAND_ERROR_IS_FATAL ANY)
  file(MAKE_DIRECTORY "${share}/plexus")
  execute_process(COMMAND "${PLEXUS_TOOL}" pipeline schema OUTPUT_FILE "${share}/plexus/pipeline.schema.json" COMMAND_ERROR_IS_FATAL ANY)
]])

# The Debian package: tools/package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME plexus)
set(CPACK_PACKAGE_VENDOR "Plexus developers")
set(CPACK_PACKAGE_CONTACT "Plexus developers <plexus@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}/lib" "${PLEXUS_LIBTORCH}/lib")
set(CPACK_DEBIAN_PACKAGE_DEPENDS "fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "cmake, ninja-build, g++, libgtest-dev")
include(CPack)
