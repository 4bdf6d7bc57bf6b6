#pragma once
#include <torch/optim/sgd.h>

namespace plexus {

// LibTorch's SGD, its steps made for all parameters of a group together: the same bits in a few kernels on a GPU instead of
// several for each parameter. State and settings are SGD's own. Parameters without gradient are left alone.
class GroupedSgd final : public torch::optim::SGD {
 public:
  using torch::optim::SGD::SGD;
  at::Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace plexus
