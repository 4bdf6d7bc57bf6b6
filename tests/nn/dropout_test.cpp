#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/nn/dropout.hpp>

namespace plexus {
namespace {

TEST(Dropout, IsTheIdentityInEvalModeAndAtRateZero) {
  const auto x = at::rand({2, 3, 8, 8});
  Dropout layer(0.5);
  layer->eval();
  EXPECT_TRUE(layer->forward(x).is_same(x));
  EXPECT_TRUE(Dropout(0.0)->forward(x).is_same(x));
}

TEST(Dropout, ZeroesAboutTheRateAndKeepsTheMean) {
  for (const double rate : {0.05, 0.3, 0.5}) {
    at::manual_seed(1);
    const auto y = Dropout(rate)->forward(at::ones({64, 16, 32, 32}));
    EXPECT_NEAR((y == 0).to(at::kFloat).mean().item<double>(), rate, 0.002);
    EXPECT_NEAR(y.mean().item<double>(), 1, 0.005);
    // No stripes: every row and every column loses its share.
    EXPECT_LT((y == 0).to(at::kFloat).mean(at::IntArrayRef{0, 1, 2}).sub(rate).abs().max().item<double>(), 0.02);
    EXPECT_LT((y == 0).to(at::kFloat).mean(at::IntArrayRef{0, 1, 3}).sub(rate).abs().max().item<double>(), 0.02);
  }
}

TEST(Dropout, FollowsLibTorchsGenerator) {
  const auto x = at::ones({4, 4, 16, 16});
  Dropout layer(0.5);
  at::manual_seed(3);
  const auto first = layer->forward(x), second = layer->forward(x);
  at::manual_seed(3);
  EXPECT_TRUE(layer->forward(x).equal(first));
  EXPECT_FALSE(first.equal(second));
}

TEST(Dropout, PassesGradientWhereItKeptTheValue) {
  auto x = at::ones({1, 2, 8, 8}).requires_grad_();
  const auto y = Dropout(0.25)->forward(x);
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(y.detach()));
}

}  // namespace
}  // namespace plexus
