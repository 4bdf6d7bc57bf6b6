#pragma once
#include <filesystem>
#include <string>

#include <plexus/base/node.hpp>

namespace plexus {

// Reads YAML in a strict subset, or JSON, into a tree that remembers places. Refused with file:line:column, all at once
// where the text can still be read: duplicate keys, tabs, tags, anchors, aliases, several documents, merge keys.
// `include: FILE` or a list of files (relative to the including file) is taken as if written first: maps are merged deeply,
// anything else is replaced by what the including file says. Cycles are refused. ${NAME} and ${NAME:-default} in a value
// take environment variables; an unset one without a default is an error that names it; $${ stands for ${.
// The origin of every value is the path of its file. Throws Error(configuration).
Node read_pipeline_file(const std::filesystem::path& path);
// The same for a text; `name` takes the path's place.
Node read_pipeline_text(const std::string& text, const std::string& name);

// One value as --set and presets write it: "[64, 64]", "{size: 3}" and quoted text as in YAML; null or ~; anything else is
// text as it stands.
Node parse_value(const std::string& text, const std::string& name);

// --set a.b.c=value. A step may be a list index, or the name of a list entry: `name:` in it, its single key, or the whole
// entry where that is plain text. A first step that is no top-level key is looked up among the stages, by name, then by kind
// (every stage of that kind is set). Throws Error(usage) for a malformed assignment, Error(configuration) for a step into
// something that is no map or list.
void set_value(Node& root, const std::string& assignment);

// Writes a tree as YAML of the same subset (reads back equal).
std::string to_yaml(const Node& node);

}  // namespace plexus
