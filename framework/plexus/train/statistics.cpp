#include <plexus/train/statistics.hpp>

#include <torch/nn/modules/batchnorm.h>

#include <algorithm>

namespace plexus {

struct BatchStatistics::Layer {
  std::string network;
  at::Tensor mean, variance, batches;  // the layer's own
  at::Tensor was_mean, was_variance, was_batches;
  torch::nn::BatchNormOptions* options = nullptr;
  std::optional<double> momentum;

  void restore() const {
    mean.copy_(was_mean);
    variance.copy_(was_variance);
    batches.copy_(was_batches);
  }
};

namespace {

template <class Norm>
bool is_kept(Norm* layer) {
  return layer != nullptr && layer->running_mean.defined();
}

}  // namespace

BatchStatistics::BatchStatistics(const std::vector<Network>& networks) {
  const at::NoGradGuard no_grad;
  for (const auto& network : networks) {
    if (network.role == Network::Role::frozen) continue;
    for (const auto& module : network.module->modules()) {
      const auto keep = [&](auto* norm) {
        if (!is_kept(norm)) return;
        auto layer = std::make_unique<Layer>();
        layer->network = network.name;
        layer->mean = norm->running_mean;
        layer->variance = norm->running_var;
        layer->batches = norm->num_batches_tracked;
        layer->was_mean = layer->mean.clone();
        layer->was_variance = layer->variance.clone();
        layer->was_batches = layer->batches.clone();
        layer->options = &norm->options;
        layer->momentum = norm->options.momentum();
        layers_.push_back(std::move(layer));
      };
      keep(dynamic_cast<torch::nn::BatchNorm1dImpl*>(module.get()));
      keep(dynamic_cast<torch::nn::BatchNorm2dImpl*>(module.get()));
      keep(dynamic_cast<torch::nn::BatchNorm3dImpl*>(module.get()));
    }
  }
}

BatchStatistics::~BatchStatistics() {
  const at::NoGradGuard no_grad;
  for (const auto& layer : layers_) {
    layer->options->momentum(layer->momentum);
    layer->restore();
  }
}

bool BatchStatistics::empty() const { return layers_.empty(); }

void BatchStatistics::begin() {
  const at::NoGradGuard no_grad;
  for (const auto& layer : layers_) {
    layer->mean.zero_();
    layer->variance.fill_(1);
    layer->batches.zero_();
    layer->options->momentum(std::nullopt);
  }
}

void BatchStatistics::end(const std::vector<std::string>& refreshed) {
  const at::NoGradGuard no_grad;
  for (const auto& layer : layers_) {
    layer->options->momentum(layer->momentum);
    // A layer that no pass came to keeps its statistics as well.
    const bool passed = layer->batches.item<std::int64_t>() > 0;
    if (!passed || std::find(refreshed.begin(), refreshed.end(), layer->network) == refreshed.end()) layer->restore();
  }
}

}  // namespace plexus
