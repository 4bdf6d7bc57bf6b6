#include <plexus/nn/ema.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <stdexcept>

namespace {

torch::nn::Linear layer(double value) {
  torch::nn::Linear made(2, 1);
  torch::NoGradGuard no_grad;
  for (auto& parameter : made->parameters()) parameter.fill_(value);
  return made;
}

void set(torch::nn::Linear& layer, double value) {
  torch::NoGradGuard no_grad;
  for (auto& parameter : layer->parameters()) parameter.fill_(value);
}

TEST(Ema, FollowsTheWeightsAtItsRate) {
  auto net = layer(1);
  plexus::Ema average(*net, 0.9);
  set(net, 2);
  average.update(*net, 0);
  EXPECT_NEAR(average.values()[0].second[0][0].item<double>(), 0.9 * 1 + 0.1 * 2, 1e-6);
}

TEST(Ema, WarmUpRisesToTheRate) {
  EXPECT_DOUBLE_EQ(plexus::Ema::rate_at(0.99, true, 0), 0.1);
  EXPECT_DOUBLE_EQ(plexus::Ema::rate_at(0.99, true, 8), 0.5);
  EXPECT_DOUBLE_EQ(plexus::Ema::rate_at(0.99, true, 1000000), 0.99);
  EXPECT_DOUBLE_EQ(plexus::Ema::rate_at(0.99, false, 0), 0.99);
}

TEST(Ema, ExchangesAndGivesBackExactly) {
  auto net = layer(0.1);
  plexus::Ema average(*net, 0.5);
  set(net, 0.7);
  average.update(*net, 0);
  const auto weights = net->weight.detach().clone(), kept = average.values()[0].second.clone();
  {
    plexus::AveragedWeights in_place;
    in_place.use(average, *net);
    EXPECT_TRUE(torch::equal(net->weight, kept));
  }
  EXPECT_TRUE(torch::equal(net->weight, weights));
  EXPECT_TRUE(torch::equal(average.values()[0].second, kept));
}

TEST(Ema, LoadsByNameAndRefusesOthers) {
  auto net = layer(1), other = layer(3);
  plexus::Ema average(*net, 0.9);
  average.load(plexus::Ema(*other, 0.9).values());
  EXPECT_EQ(average.values()[1].second[0].item<double>(), 3);
  EXPECT_THROW(average.load({{"weight", torch::zeros({1, 2})}}), std::invalid_argument);
  EXPECT_THROW(average.load({{"weight", torch::zeros({5})}, {"bias", torch::zeros({1})}}), std::invalid_argument);
}

}  // namespace
