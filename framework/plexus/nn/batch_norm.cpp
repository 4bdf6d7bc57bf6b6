#include <plexus/nn/batch_norm.hpp>

#include <torch/torch.h>

namespace plexus {

at::Tensor BatchNorm::forward(const at::Tensor& x) {
  if (by == NormBy::mode) return torch::nn::BatchNorm2dImpl::forward(x);
  const bool cudnn = at::globalContext().userEnabledCuDNN();
  if (by == NormBy::batch) return at::batch_norm(x, weight, bias, {}, {}, /*training=*/true, 0, options.eps(), cudnn);
  return at::instance_norm(x, weight, bias, {}, {}, /*use_input_stats=*/true, 0, options.eps(), cudnn);
}

NormScope::NormScope(torch::nn::Module& network, NormBy by) {
  for (const auto& module : network.modules(/*include_self=*/false)) {
    if (auto norm = std::dynamic_pointer_cast<BatchNorm>(module)) {
      were_.emplace_back(norm, norm->by);
      norm->by = by;
    }
  }
}

NormScope::~NormScope() {
  for (const auto& [norm, by] : were_) norm->by = by;
}

}  // namespace plexus
