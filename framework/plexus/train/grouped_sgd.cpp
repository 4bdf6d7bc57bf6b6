#include <plexus/train/grouped_sgd.hpp>

#include <ATen/Functions.h>

namespace plexus {
namespace {

using torch::optim::SGDOptions;
using torch::optim::SGDParamState;

}  // namespace

at::Tensor GroupedSgd::step(LossClosure closure) {
  at::Tensor loss;
  if (closure) {
    const at::AutoGradMode enabled(true);
    loss = closure();
  }
  const at::NoGradGuard no_grad;
  for (auto& group : param_groups()) {
    const auto& options = static_cast<const SGDOptions&>(group.options());
    std::vector<at::Tensor> parameters, change;
    for (const auto& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      parameters.push_back(parameter);
      change.push_back(parameter.grad());
    }
    if (parameters.empty()) continue;
    if (options.weight_decay() != 0) change = at::_foreach_add(change, parameters, options.weight_decay());
    if (options.momentum() != 0) {
      std::vector<at::Tensor> buffers, old_buffers, old_change;
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        auto& state = state_[parameters[i].unsafeGetTensorImpl()];
        if (!state) state = std::make_unique<SGDParamState>();
        auto& buffer = static_cast<SGDParamState&>(*state).momentum_buffer();
        if (buffer.defined()) {
          old_buffers.push_back(buffer);
          old_change.push_back(change[i]);
        } else {
          buffer = change[i].clone();  // the first step's, undamped
        }
        buffers.push_back(buffer);
      }
      if (!old_buffers.empty()) {
        at::_foreach_mul_(old_buffers, options.momentum());
        at::_foreach_add_(old_buffers, old_change, 1 - options.dampening());
      }
      change = options.nesterov() ? at::_foreach_add(change, buffers, options.momentum()) : buffers;
    }
    at::_foreach_add_(parameters, change, -options.lr());
  }
  return loss;
}

}  // namespace plexus
