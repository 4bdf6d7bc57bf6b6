#pragma once
#include <string>

#include <plexus/base/node.hpp>

namespace plexus {

// The strict YAML subset alone, without includes and variables: what pipeline_file.hpp refuses is thrown together.
Node parse_yaml(const std::string& text, const std::string& name);

}  // namespace plexus
