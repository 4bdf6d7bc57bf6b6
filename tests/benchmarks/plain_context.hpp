#pragma once
#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>
#include <plexus/sdk/context.hpp>
#include <plexus/sdk/trainer.hpp>
#include <plexus/train/amp.hpp>

#include "process_cost.hpp"

namespace plexus::bench {

// A trainer's or a model's surroundings without the host: LibTorch's generator, and optimisers that are stepped and timed.
class PlainContext final : public Context {
 public:
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view, const std::vector<std::string>& ids, at::IntArrayRef shape, Distribution d) override {
    std::vector<std::int64_t> sizes{static_cast<std::int64_t>(ids.size())};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    if (d.kind == Distribution::Kind::uniform) return torch::rand(sizes);
    if (d.kind == Distribution::Kind::normal) return torch::randn(sizes);
    return torch::randint(static_cast<std::int64_t>(d.low), static_cast<std::int64_t>(d.high), sizes, at::kLong);
  }
  void minimise(std::string_view name, const at::Tensor& loss) override {
    const NoAutocast full(at::kCPU);
    auto& optimizer = *optimizers.at(std::string(name)).of;
    optimizer.zero_grad();
    const auto begin = processor_seconds();
    loss.backward();
    const auto middle = processor_seconds();
    optimizer.step();
    backward += middle - begin;
    update += processor_seconds() - middle;
  }
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}

  std::map<std::string, Optimizer> optimizers;
  double backward = 0, update = 0;  // seconds since they were last set to 0
};

}  // namespace plexus::bench
