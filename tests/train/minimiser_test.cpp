#include <plexus/train/minimiser.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>
#include <stdexcept>

namespace {

using plexus::Minimiser;
using plexus::Precision;

struct Fixture {
  at::Tensor weight = torch::full({1}, 2.0, torch::requires_grad());
  std::shared_ptr<torch::optim::SGD> sgd =
      std::make_shared<torch::optim::SGD>(std::vector<at::Tensor>{weight}, torch::optim::SGDOptions(0.1));
  Minimiser make(double clip = 0, Precision precision = Precision::fp32, plexus::Schedule schedule = {}) {
    return Minimiser({{"only", sgd, std::move(schedule)}}, {.clip = clip, .precision = precision}, at::kCPU);
  }
  double value() const { return weight.item<double>(); }
};

TEST(Minimiser, StepsAtOnceInOnePiece) {
  Fixture f;
  auto minimiser = f.make();
  minimiser.begin_step(0);
  minimiser.begin_piece(1);
  minimiser.minimise("only", f.weight.square().sum());
  EXPECT_NEAR(f.value(), 2 - 0.1 * 4, 1e-6);
  minimiser.minimise("only", f.weight.square().sum());  // at the new weight
  EXPECT_NEAR(f.value(), 1.6 - 0.1 * 3.2, 1e-6);
  minimiser.end_step();
  EXPECT_NEAR(minimiser.logged().at(0).second.item<double>(), 4 + 1.6 * 1.6, 1e-5);
}

TEST(Minimiser, PiecesSumTheirGradientsForEachCall) {
  Fixture f;
  auto minimiser = f.make();
  minimiser.begin_step(0);
  for (const double x : {1.0, 3.0}) {
    minimiser.begin_piece(0.5);
    minimiser.minimise("only", (x * f.weight).sum());
    minimiser.minimise("only", (10 * x * f.weight).sum());
    EXPECT_EQ(f.value(), 2);  // nothing moves before the end
  }
  minimiser.end_step();
  EXPECT_NEAR(f.value(), 2 - 0.1 * 2 - 0.1 * 20, 1e-5);
}

TEST(Minimiser, SecondCallsKeepTheirOwnMomentumStep) {
  const auto run = [](double weight, int pieces) {
    auto w = torch::full({1}, 1.0, torch::requires_grad());
    auto sgd = std::make_shared<torch::optim::SGD>(std::vector<at::Tensor>{w}, torch::optim::SGDOptions(0.1).momentum(0.9));
    Minimiser minimiser({{"only", sgd}}, {}, at::kCPU);
    for (int step = 0; step < 3; ++step) {
      minimiser.begin_step(step);
      for (int i = 0; i < pieces; ++i) {
        minimiser.begin_piece(weight);
        minimiser.minimise("only", (2 * w).sum());
        minimiser.minimise("only", (5 * w).sum());
      }
      minimiser.end_step();
    }
    return w.item<double>();
  };
  EXPECT_NEAR(run(1, 1), run(0.5, 2), 1e-5);  // linear losses: gradients do not depend on the weights
}

TEST(Minimiser, TheScheduleScalesTheBaseRate) {
  Fixture f;
  auto minimiser = f.make(0, Precision::fp32, [](std::int64_t step) { return step == 0 ? 1.0 : 0.5; });
  minimiser.begin_step(0);
  minimiser.begin_step(7);
  minimiser.begin_step(8);
  EXPECT_DOUBLE_EQ(minimiser.learning_rates().at(0).second, 0.05);  // of the base, not of the last one
}

TEST(Minimiser, SchedulesByStepAndByEpochMultiply) {
  Fixture f;
  plexus::Optimizer optimizer{"only", f.sgd, [](std::int64_t step) { return step < 5 ? 1.0 : 0.5; }};
  optimizer.by_epoch = [](std::int64_t epoch) { return epoch < 2 ? 1.0 : 0.1; };
  Minimiser minimiser({optimizer}, {}, at::kCPU);
  minimiser.begin_step(4, 2);
  EXPECT_DOUBLE_EQ(minimiser.learning_rates().at(0).second, 0.01);
  minimiser.begin_step(9, 3);
  EXPECT_DOUBLE_EQ(minimiser.learning_rates().at(0).second, 0.005);
}

TEST(Minimiser, ClipsTheNorm) {
  Fixture f;
  auto minimiser = f.make(1.0);
  minimiser.begin_step(0);
  minimiser.begin_piece(1);
  minimiser.minimise("only", (100 * f.weight).sum());
  EXPECT_NEAR(f.value(), 2 - 0.1, 1e-5);
  minimiser.minimise("only", (0.5 * f.weight).sum());
  EXPECT_NEAR(f.value(), 2 - 0.1 - 0.05, 1e-5);
}

TEST(Minimiser, LogsTheNormsThatTheStepMet) {
  Fixture f;
  Minimiser minimiser({{"only", f.sgd}}, {.clip = 1, .log_norms = true}, at::kCPU);
  minimiser.begin_step(0);
  minimiser.begin_piece(1);
  minimiser.minimise("only", (-100 * f.weight).sum());
  const auto logged = minimiser.logged();
  ASSERT_EQ(logged.size(), 3U);
  EXPECT_EQ(logged[1].first, "only.grad_norm");
  EXPECT_FLOAT_EQ(logged[1].second.item<float>(), 100);
  EXPECT_EQ(logged[2].first, "only.param_norm");
  EXPECT_FLOAT_EQ(logged[2].second.item<float>(), 2);
  minimiser.begin_step(1);
  EXPECT_TRUE(minimiser.logged().empty());
}

TEST(Minimiser, AnOverflowLeavesTheStepOutAndHalvesTheScale) {
  Fixture f;
  auto minimiser = f.make(0, Precision::fp16);
  minimiser.begin_step(0);
  minimiser.begin_piece(1);
  minimiser.minimise("only", (std::numeric_limits<float>::infinity() * f.weight).sum());
  minimiser.end_step();
  EXPECT_EQ(f.value(), 2);
  EXPECT_EQ(minimiser.scaler().scale(), 32768);
  minimiser.begin_step(1);
  minimiser.begin_piece(1);
  minimiser.minimise("only", (3 * f.weight).sum());
  minimiser.end_step();
  EXPECT_NEAR(f.value(), 2 - 0.3, 1e-5);
  EXPECT_EQ(minimiser.scaler().good_steps(), 1);
}

TEST(Minimiser, NamesWhatIsWrong) {
  Fixture f;
  auto minimiser = f.make();
  minimiser.begin_step(0);
  minimiser.begin_piece(1);
  EXPECT_THROW(minimiser.minimise("other", f.weight.sum()), std::logic_error);
  auto stranger = torch::ones({1}, torch::requires_grad());
  EXPECT_THROW(minimiser.minimise("only", stranger.sum()), std::logic_error);
}

}  // namespace
