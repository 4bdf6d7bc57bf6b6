#pragma once
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// An ability of a Model, found by dynamic_cast: told of each authors' file before its weights are taken, since a network's widths
// may follow the file's shapes.
class AdaptsToFile {
 public:
  virtual ~AdaptsToFile();
  virtual void adapt(const std::string& network, const std::vector<std::pair<std::string, at::Tensor>>& state) = 0;
};

}  // namespace plexus
