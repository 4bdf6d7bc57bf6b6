#include <plexus/train/averages.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace {

using plexus::Averages;
using plexus::parse_weights;

TEST(Averages, WeightsAreParsed) {
  EXPECT_FALSE(parse_weights("raw").averaged);
  EXPECT_EQ(parse_weights("ema").rate, 0);
  EXPECT_EQ(parse_weights("ema@0.99").rate, 0.99);
  for (const auto* wrong : {"", "best", "ema@", "ema@1", "ema@x", "EMA"}) {
    EXPECT_THROW(parse_weights(wrong), plexus::Error) << wrong;
  }
}

struct Two {
  torch::nn::Linear one{1, 1}, two{1, 1};
  std::vector<plexus::Network> networks{{"one", one.ptr()}, {"two", two.ptr()}};
  Two() { networks[0].averages = {0.5}; }
};

TEST(Averages, EachNetworksRatesAndTheOptions) {
  Two nets;
  Averages averages(nets.networks, {0.9, 0.5}, false);
  const auto states = averages.states();
  EXPECT_EQ(states.size(), 4u);
  EXPECT_EQ(states.count("one@0.5"), 1u);
  EXPECT_EQ(states.count("two@0.9"), 1u);
  EXPECT_EQ(averages.names(parse_weights("ema")).count("one@0.5"), 1u);  // its own comes first
  EXPECT_EQ(averages.names(parse_weights("ema")).count("two@0.9"), 1u);
}

TEST(Averages, AreInPlaceWhileUsed) {
  Two nets;
  Averages averages(nets.networks, {}, false);
  const auto first = nets.one->weight.detach().clone();
  {
    const torch::NoGradGuard no_grad;
    nets.one->weight.add_(1);
  }
  const auto now = nets.one->weight.detach().clone();
  {
    const auto in_place = averages.use(parse_weights("ema"));
    EXPECT_TRUE(torch::equal(nets.one->weight, first));
  }
  EXPECT_TRUE(torch::equal(nets.one->weight, now));
}

TEST(Averages, RefusesRatesAndChoicesThatAreNot) {
  Two nets;
  EXPECT_THROW(Averages(nets.networks, {1.0}, false), plexus::Error);
  Averages averages(nets.networks, {}, false);
  EXPECT_THROW(averages.use(parse_weights("ema@0.9")), plexus::Error);
  EXPECT_NO_THROW(averages.use(parse_weights("raw")));
  EXPECT_THROW(averages.load({}, "file"), plexus::Error);
}

TEST(Averages, LoadWhatTheyGave) {
  Two nets, others;
  Averages averages(nets.networks, {}, false), other(others.networks, {}, false);
  other.load(averages.states(), "file");
  EXPECT_TRUE(torch::equal(other.states().at("one@0.5")[0].second, averages.states().at("one@0.5")[0].second));
}

}  // namespace
