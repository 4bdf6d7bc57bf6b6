#pragma once
#include <string>
#include <vector>

namespace plexus::datasets {

// The list files of share/splits, built in: "synapse/eval" is share/splits/synapse/eval.txt. Throws std::logic_error for one
// that is not there.
std::vector<std::string> shipped_list(const std::string& name);

}  // namespace plexus::datasets
