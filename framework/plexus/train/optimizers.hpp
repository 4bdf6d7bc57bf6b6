#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/base/options.hpp>

namespace torch::optim {
class Optimizer;
}

namespace plexus {

// An optimiser by name, with LibTorch's meanings of its settings.
struct OptimizerOptions {
  std::string optimizer = "sgd";  // sgd, adam, adamw
  double lr = 0.01, weight_decay = 0;
  double momentum = 0.9;                          // sgd
  bool nesterov = false;                          // sgd
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;  // adam, adamw
  void declare(Options& options);
  // Of the parameters that are trained (requires_grad). Throws Error(configuration) where there are none.
  std::shared_ptr<torch::optim::Optimizer> make(const std::vector<at::Tensor>& parameters) const;
};

}  // namespace plexus
