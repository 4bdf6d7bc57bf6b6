#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <plexus/sdk/trainer.hpp>

namespace plexus::diffrect::test {

inline DataInfo slices(std::int64_t classes) {
  DataInfo info;
  info.dimensions = 2;
  for (std::int64_t id = 0; id < classes; ++id) info.labels.push_back({.id = id, .name = std::to_string(id)});
  return info;
}

// Draws from LibTorch's generator; minimises with the optimisers given, and counts.
class TestContext final : public Context {
 public:
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view purpose, const std::vector<std::string>& ids, at::IntArrayRef shape,
                  Distribution distribution) override {
    drawn.emplace_back(purpose);
    std::vector<std::int64_t> sizes{static_cast<std::int64_t>(ids.size())};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    if (distribution.kind == Distribution::Kind::integer) {
      return torch::randint(static_cast<std::int64_t>(distribution.low), static_cast<std::int64_t>(distribution.high), sizes,
                            at::kLong);
    }
    return torch::randn(sizes);
  }
  void minimise(std::string_view name, const at::Tensor& loss) override {
    minimised.emplace_back(name);
    auto& optimizer = optimizers.at(std::string(name));
    optimizer.of->zero_grad();
    loss.backward();
    optimizer.of->step();
  }
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}

  std::map<std::string, Optimizer> optimizers;
  std::vector<std::string> drawn, minimised;
};

class TestStep final : public StepInput {
 public:
  TestStep(Batch batch, std::int64_t step, std::int64_t steps) : batch_(std::move(batch)), step_(step), steps_(steps) {}
  const Batch& operator[](std::string_view) const override { return batch_; }
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return steps_; }
  std::int64_t epoch() const override { return 0; }

 private:
  Batch batch_;
  std::int64_t step_, steps_;
};

}  // namespace plexus::diffrect::test
