#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <plexus/sdk/trainer.hpp>

#include "model.hpp"

namespace plexus::genericssl::test {

inline DataInfo data_of(std::int64_t classes, int dimensions) {
  DataInfo info;
  info.dimensions = dimensions;
  for (std::int64_t id = 0; id < classes; ++id) info.labels.push_back({.id = id, .name = "c" + std::to_string(id)});
  return info;
}

inline ModelSettings tiny_model(int dimensions) {
  ModelSettings settings;
  settings.n_filters = 1;
  settings.patch_size.assign(static_cast<std::size_t>(dimensions), 16);
  settings.stride.assign(static_cast<std::size_t>(dimensions), 12);
  return settings;
}

// Draws from LibTorch's generator; minimises with the optimiser given.
class TestContext final : public Context {
 public:
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view purpose, const std::vector<std::string>& ids, at::IntArrayRef shape,
                  Distribution distribution) override {
    drawn.emplace_back(purpose);
    std::vector<std::int64_t> sizes{static_cast<std::int64_t>(ids.size())};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    if (distribution.kind == Distribution::Kind::uniform) return torch::rand(sizes);
    if (distribution.kind == Distribution::Kind::normal) return torch::randn(sizes);
    return torch::randint(static_cast<std::int64_t>(distribution.low), static_cast<std::int64_t>(distribution.high), sizes,
                          at::kLong);
  }
  void minimise(std::string_view, const at::Tensor& loss) override {
    optimizer->zero_grad();
    loss.backward();
    if (step) optimizer->step();
  }
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}

  std::shared_ptr<torch::optim::Optimizer> optimizer;
  std::vector<std::string> drawn;
  bool step = true;
};

class TestStep final : public StepInput {
 public:
  TestStep(Batch labeled, Batch unlabeled, std::int64_t step = 0, std::int64_t epoch = 0)
      : labeled_(std::move(labeled)), unlabeled_(std::move(unlabeled)), step_(step), epoch_(epoch) {}
  const Batch& operator[](std::string_view stream) const override { return stream == "labeled" ? labeled_ : unlabeled_; }
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return 10; }
  std::int64_t epoch() const override { return epoch_; }

 private:
  Batch labeled_, unlabeled_;
  std::int64_t step_, epoch_;
};

// Two rows of random images [2, 1, 16, …] and, where asked for, labels.
inline Batch random_batch(int dimensions, std::int64_t classes, bool labeled) {
  std::vector<std::int64_t> shape{2};
  for (int axis = 0; axis < dimensions; ++axis) shape.push_back(16);
  Batch batch;
  batch.of.resize(2);
  batch.of[0].id = "a";
  batch.of[1].id = "b";
  batch.fields["image"] = torch::rand(shape).unsqueeze(1);
  if (labeled) batch.fields["label"] = torch::randint(classes, shape, at::kLong);
  return batch;
}

}  // namespace plexus::genericssl::test
