#pragma once
#include <string>
#include <vector>

#include <plexus/host/plugins.hpp>

namespace plexus {

// One kind of stage in pipeline files: its plain settings, and the objects it names.
struct StageKind {
  struct Slot {
    std::string key, kind;  // "model" of kind "model", "data" of kind "dataset", "metrics" of kind "metric"
    bool is_list = false;
  };
  std::string name, summary;  // "train"
  const Options* options = nullptr;
  std::vector<Slot> objects = {};
};

// JSON schema (draft 2020-12) of pipeline files, for editors: the stages and everything the plugins offer. An object is a
// name, {plugin: NAME, options…}, or {NAME: {options…}}; wherever a number or truth value stands, ${VARIABLE} may too.
// `top`: settings beside `stages`. Opens all plugins.
std::string pipeline_schema(Plugins& plugins, const std::vector<StageKind>& stages, const Options& top);

}  // namespace plexus
