#include <plexus/nn/ema.hpp>

#include <torch/nn/module.h>

#include <algorithm>
#include <stdexcept>

namespace plexus {

Ema::Ema(const torch::nn::Module& module, double rate, bool warmup) : rate_(rate), warmup_(warmup) {
  for (const auto& parameter : module.named_parameters()) {
    values_.emplace_back(parameter.key(), parameter.value().detach().clone());
  }
}

double Ema::rate_at(double rate, bool warmup, std::int64_t step) noexcept {
  const auto n = static_cast<double>(step);
  return warmup ? std::min(rate, (1 + n) / (10 + n)) : rate;
}

void Ema::update(const torch::nn::Module& module, std::int64_t step) {
  const at::NoGradGuard no_grad;
  const auto rate = rate_at(rate_, warmup_, step);
  const auto parameters = module.parameters();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i].second.mul_(rate).add_(parameters[i].detach(), 1 - rate);
  }
}

void Ema::exchange(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  const auto parameters = module.parameters();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto kept = parameters[i].detach().clone();
    parameters[i].detach().copy_(values_[i].second);
    values_[i].second.copy_(kept);
  }
}

void Ema::load(const std::vector<std::pair<std::string, at::Tensor>>& values) {
  const at::NoGradGuard no_grad;
  for (auto& [name, mine] : values_) {
    const auto found =
        std::find_if(values.begin(), values.end(), [&key = name](const auto& entry) { return entry.first == key; });
    if (found == values.end()) throw std::invalid_argument("the average lacks '" + name + "'");
    if (found->second.sizes() != mine.sizes()) throw std::invalid_argument("the average of '" + name + "' has another shape");
    mine.copy_(found->second);
  }
}

AveragedWeights::~AveragedWeights() {
  for (const auto& [average, module] : exchanged_) average->exchange(*module);
}

void AveragedWeights::use(Ema& average, torch::nn::Module& module) {
  average.exchange(module);
  exchanged_.emplace_back(&average, &module);
}

}  // namespace plexus
