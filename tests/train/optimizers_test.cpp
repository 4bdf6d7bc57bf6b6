#include <plexus/train/optimizers.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace {

at::Tensor weight_after_a_step(const plexus::OptimizerOptions& options) {
  auto weight = torch::full({1}, 2.0, torch::requires_grad());
  auto optimizer = options.make({weight});
  (3 * weight).sum().backward();
  optimizer->step();
  return weight.detach();
}

TEST(Optimizers, SgdSubtractsTheGradient) {
  plexus::OptimizerOptions options;
  options.lr = 0.1;
  options.weight_decay = 0.5;
  EXPECT_NEAR(weight_after_a_step(options).item<double>(), 2 - 0.1 * (3 + 0.5 * 2), 1e-6);
}

TEST(Optimizers, AdamStepsByTheLearningRate) {
  plexus::OptimizerOptions options;
  options.optimizer = "adam";
  options.lr = 0.1;
  EXPECT_NEAR(weight_after_a_step(options).item<double>(), 1.9, 1e-5);
}

TEST(Optimizers, AdamWDecaysApartFromTheGradient) {
  plexus::OptimizerOptions options;
  options.optimizer = "adamw";
  options.lr = 0.1;
  options.weight_decay = 0.5;
  EXPECT_NEAR(weight_after_a_step(options).item<double>(), 2 * (1 - 0.1 * 0.5) - 0.1, 1e-5);
}

TEST(Optimizers, RefusesWhatCannotBe) {
  const std::vector<at::Tensor> trained{torch::zeros({1}, torch::requires_grad())};
  plexus::OptimizerOptions options;
  EXPECT_THROW(options.make({torch::zeros({1})}), plexus::Error);  // nothing to train
  options.optimizer = "rmsprop";
  EXPECT_THROW(options.make(trained), plexus::Error);
  options.optimizer = "sgd";
  options.nesterov = true;
  options.momentum = 0;
  EXPECT_THROW(options.make(trained), plexus::Error);
}

}  // namespace
