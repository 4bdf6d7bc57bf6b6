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
  // Options that make the adapted model again, as a pipeline file would write them: what an imported checkpoint remembers.
  virtual std::vector<std::pair<std::string, std::string>> adapted() const = 0;
};

}  // namespace plexus
