#include <plexus/train/context.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <stdexcept>

namespace {

using plexus::Distribution;

plexus::HostContext context(std::int64_t step = 3, std::uint64_t seed = 1) {
  plexus::HostContext made(plexus::training_key(seed, "train"), at::kCPU);
  made.set_step(step);
  return made;
}

TEST(HostContext, ARowDependsOnItsIdAlone) {
  auto one = context();
  const auto together = one.draw("noise", {"a", "b", "c"}, {2, 3});
  EXPECT_TRUE(at::equal(together[1], one.draw("noise", {"b"}, {2, 3})[0]));
  EXPECT_TRUE(at::equal(one.draw("noise", {"c", "a"}, {2, 3})[0], together[2]));
}

TEST(HostContext, KeysAreToldApart) {
  auto one = context();
  const auto drawn = one.draw("noise", {"a"}, {8});
  EXPECT_TRUE(at::equal(drawn, one.draw("noise", {"a"}, {8})));
  EXPECT_FALSE(at::equal(drawn, one.draw("time", {"a"}, {8})));
  auto later = context(4), other = context(3, 2);
  EXPECT_FALSE(at::equal(drawn, later.draw("noise", {"a"}, {8})));
  EXPECT_FALSE(at::equal(drawn, other.draw("noise", {"a"}, {8})));
}

TEST(HostContext, ARepeatedIdDrawsAnewAndIsCountedOnOverPieces) {
  auto one = context();
  const auto drawn = one.draw("noise", {"a", "b", "a"}, {8});
  EXPECT_FALSE(at::equal(drawn[0], drawn[2]));
  one.set_seen({{"a", 1}});
  EXPECT_TRUE(at::equal(one.draw("noise", {"a"}, {8})[0], drawn[2]));
}

TEST(HostContext, Distributions) {
  auto one = context();
  const auto normal = one.draw("n", {"a"}, {10000});
  EXPECT_EQ(normal.scalar_type(), at::kFloat);
  EXPECT_NEAR(normal.mean().item<double>(), 0, 0.05);
  EXPECT_NEAR(normal.std().item<double>(), 1, 0.05);
  const auto uniform = one.draw("u", {"a"}, {10000}, Distribution::uniform(2, 3));
  EXPECT_GE(uniform.min().item<double>(), 2);
  EXPECT_LT(uniform.max().item<double>(), 3);
  EXPECT_NEAR(uniform.mean().item<double>(), 2.5, 0.02);
  const auto whole = one.draw("i", {"a"}, {1000}, Distribution::integer(-1, 2));
  EXPECT_EQ(whole.scalar_type(), at::kLong);
  EXPECT_EQ(whole.min().item<int>(), -1);
  EXPECT_EQ(whole.max().item<int>(), 1);
}

// Blocks of long rows: equal whatever the threads, unlike each other, and the last one whole.
TEST(HostContext, LongRowsDoNotDependOnTheThreads) {
  auto one = context();
  const auto threads = at::get_num_threads();
  const std::int64_t block = 1 << 16, size = 2 * block + 77;
  for (const auto& distribution : {Distribution::normal(), Distribution::uniform()}) {
    at::set_num_threads(1);
    const auto drawn = one.draw("n", {"a", "b"}, {size}, distribution);
    at::set_num_threads(3);
    EXPECT_TRUE(at::equal(drawn, one.draw("n", {"a", "b"}, {size}, distribution)));
    EXPECT_FALSE(at::equal(drawn[0], drawn[1]));
    EXPECT_FALSE(at::equal(drawn[0].slice(0, 0, block), drawn[0].slice(0, block, 2 * block)));
    const bool normal = distribution.kind == Distribution::Kind::normal;
    EXPECT_NEAR(drawn.mean().item<double>(), normal ? 0 : 0.5, 0.01);
    EXPECT_NEAR(drawn.std().item<double>(), normal ? 1 : std::sqrt(1.0 / 12), 0.01);
    EXPECT_NEAR(drawn[0].slice(0, 2 * block).std().item<double>(), normal ? 1 : std::sqrt(1.0 / 12), 0.3);
  }
  at::set_num_threads(threads);
}

TEST(HostContext, EmptyDrawsHaveTheirShape) {
  auto one = context();
  EXPECT_EQ(one.draw("n", {}, {2}).sizes(), (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(one.draw("n", {"a", "b"}, {}).sizes(), (std::vector<std::int64_t>{2}));
}

TEST(HostContext, NothingIsMinimisedInPrediction) {
  EXPECT_THROW(context().minimise("segmenter", torch::zeros({})), std::logic_error);
}

TEST(HostContext, HandsPicturesOnInTrainingOnly) {
  auto one = context();
  one.picture("none", torch::zeros({2, 2}));  // prediction: dropped, whatever it is
  std::vector<std::string> taken;
  one.set_picture([&](std::string_view name, const at::Tensor&) { taken.emplace_back(name); });
  one.picture("grey", torch::zeros({4, 5}, at::kByte));
  one.picture("colour", torch::zeros({4, 5, 3}, at::kByte));
  EXPECT_EQ(taken, (std::vector<std::string>{"grey", "colour"}));
  for (const auto& wrong : {torch::zeros({4, 5}), torch::zeros({3, 4, 5}, at::kByte), torch::zeros({0, 5}, at::kByte), torch::zeros({1, 4, 5, 3}, at::kByte)})
    EXPECT_THROW(one.picture("wrong", wrong), std::invalid_argument) << wrong.sizes();
}

TEST(HostContext, SeedsTheDefaultGenerator) {
  plexus::seed_torch(plexus::Rng(5));
  const auto first = torch::rand({4});
  plexus::seed_torch(plexus::Rng(5));
  EXPECT_TRUE(at::equal(first, torch::rand({4})));
}

}  // namespace
