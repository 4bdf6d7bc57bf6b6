#include <plexus/train/optimizers.hpp>

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <plexus/base/error.hpp>
#include <plexus/train/grouped_sgd.hpp>

namespace plexus {

void OptimizerOptions::declare(Options& options) {
  options.add("optimizer", optimizer, "optimiser of the weights").one_of({"sgd", "adam", "adamw"});
  options.add("lr", lr, "base learning rate").range(0).alias("base_lr");
  options.add("weight_decay", weight_decay, "L2 penalty (sgd, adam) or decoupled decay (adamw)").range(0);
  options.add("momentum", momentum, "sgd: momentum").range(0, 1);
  options.add("nesterov", nesterov, "sgd: Nesterov's momentum");
  options.add("beta1", beta1, "adam, adamw: decay of the first moment").range(0, 1);
  options.add("beta2", beta2, "adam, adamw: decay of the second moment").range(0, 1);
  options.add("eps", eps, "adam, adamw: added to the denominator").range(0);
}

std::shared_ptr<torch::optim::Optimizer> OptimizerOptions::make(const std::vector<at::Tensor>& parameters) const {
  std::vector<at::Tensor> trained;
  for (const auto& parameter : parameters) {
    if (parameter.requires_grad()) trained.push_back(parameter);
  }
  if (trained.empty()) throw Error(ErrorKind::configuration, "the optimiser is given no parameter that is trained", optimizer);
  if (optimizer == "adam") {
    return std::make_shared<torch::optim::Adam>(
        trained, torch::optim::AdamOptions(lr).betas({beta1, beta2}).eps(eps).weight_decay(weight_decay));
  }
  if (optimizer == "adamw") {
    return std::make_shared<torch::optim::AdamW>(
        trained, torch::optim::AdamWOptions(lr).betas({beta1, beta2}).eps(eps).weight_decay(weight_decay));
  }
  if (optimizer != "sgd") {
    throw Error(ErrorKind::configuration, "no optimiser of this name", optimizer, "take sgd, adam or adamw");
  }
  if (nesterov && momentum == 0) throw Error(ErrorKind::configuration, "nesterov needs a momentum above 0", optimizer);
  return std::make_shared<GroupedSgd>(
      trained, torch::optim::SGDOptions(lr).momentum(momentum).nesterov(nesterov).weight_decay(weight_decay));
}

}  // namespace plexus
