# plexus_embed_templates(FILE): writes a source with the files of share/templates, so that `plexus plugins new` needs none of
# them when it runs.
function(plexus_embed_templates file)
  set(root "${PROJECT_SOURCE_DIR}/share/templates")
  file(GLOB_RECURSE templates CONFIGURE_DEPENDS RELATIVE "${root}" "${root}/*" "${root}/*/.gitignore")
  list(SORT templates)
  list(REMOVE_DUPLICATES templates)
  set(entries "")
  foreach(template ${templates})
    file(READ "${root}/${template}" content)
    string(APPEND entries "      {\"${template}\", R\"~~~(${content})~~~\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${root}/${template}")
  endforeach()
  file(WRITE "${file}.new" "#include <plexus/host/plugin_template.hpp>

namespace plexus {

const std::vector<std::pair<std::string, std::string>>& shipped_templates() {
  static const std::vector<std::pair<std::string, std::string>> all{
${entries}  };
  return all;
}

}  // namespace plexus
")
  configure_file("${file}.new" "${file}" COPYONLY)
endfunction()
