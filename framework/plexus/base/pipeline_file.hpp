#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <plexus/base/node.hpp>

namespace plexus {

// Reads YAML in a strict subset, or JSON, into a tree that remembers places. Refused with file:line:column, all at once
// where the text can still be read: duplicate keys, tabs, tags, anchors, several documents, merge keys.
// `include: FILE` or a list of files (relative to the including file) is taken as if written first: maps are merged deeply,
// anything else is replaced by what the including file says. Cycles are refused. ${NAME} and ${NAME:-default} in a scalar
// take environment variables; an unset one without a default is an error that names it.
Node read_pipeline_file(const std::filesystem::path& path);
Node read_pipeline_text(const std::string& text, const std::string& name);

// One value as YAML writes it in a line: "0.1", "[64, 64]", "{size: 3}".
Node parse_value(const std::string& text, const std::string& name);

// --set a.b.c=value. The value is read as a YAML flow value, so lists and maps can be given: --set train.size=[64,64].
// A path step may be a list index, or the name of a list entry (`name:` in it, or its single key).
void set_value(Node& root, const std::string& assignment);

// Writes a tree as YAML of the same subset (reads back equal).
std::string to_yaml(const Node& node);

}  // namespace plexus
