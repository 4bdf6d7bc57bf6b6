#pragma once
#include <string>
#include <vector>

namespace plexus {

// `plexus plugins check`: exit code 8 where a check failed.
int plugins_check(const std::vector<std::string>& args);

}  // namespace plexus
