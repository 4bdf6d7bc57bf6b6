#include <plexus/train/optimizers.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/train/grouped_sgd.hpp>

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

TEST(Optimizers, GroupedSgdHasTheBitsOfSgd) {
  for (const bool nesterov : {false, true}) {
    for (const double momentum : {0.0, 0.9}) {
      if (nesterov && momentum == 0) continue;
      const auto settings = torch::optim::SGDOptions(0.03).momentum(momentum).weight_decay(0.01).nesterov(nesterov);
      torch::manual_seed(4);
      std::vector<at::Tensor> one, two;
      for (const std::int64_t size : {3, 1000, 77}) {
        one.push_back(torch::randn({size}, torch::requires_grad()));
        two.push_back(one.back().detach().clone().requires_grad_(true));
      }
      torch::optim::SGD plain(one, settings);
      plexus::GroupedSgd grouped(two, settings);
      for (int step = 0; step < 4; ++step) {
        for (std::size_t i = 0; i < one.size(); ++i) {
          if (i == 1 && step < 2) continue;  // its gradient comes later
          const auto gradient = torch::randn_like(one[i]);
          one[i].mutable_grad() = gradient;
          two[i].mutable_grad() = gradient.clone();
        }
        plain.step();
        grouped.step();
        for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(at::equal(one[i], two[i])) << step << " " << i;
      }
    }
  }
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
