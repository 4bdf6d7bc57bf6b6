#include <plexus/data/order.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/expect_error.hpp"

namespace plexus {
namespace {

using Order = Draws::Order;
using Rows = std::vector<std::int64_t>;

TEST(Order, PermutationIsOneAndFollowsItsKey) {
  const auto order = permutation(100, Rng(1));
  EXPECT_EQ(order, permutation(100, Rng(1)));
  EXPECT_NE(order, permutation(100, Rng(2)));
  EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 100u);
}

TEST(Order, TwoStreamBatchesRunOnFromOnePermutationIntoTheNext) {
  const Rows primary{17, 7, 5, 6, 8, 2, 15, 14};
  const std::vector<Rows> secondary{{24, 20, 21}, {23, 22, 20}};
  const auto batches = two_stream_batches(primary, secondary, 5, 3);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0], (Rows{17, 7, 5, 24, 20}));
  EXPECT_EQ(batches[1], (Rows{6, 8, 2, 21, 23}));
  EXPECT_THROW(two_stream_batches(primary, secondary, 8, 2), std::invalid_argument);
  EXPECT_THROW(two_stream_batches(primary, secondary, 2, 3), std::invalid_argument);
}

TEST(Order, ShuffledEpochSeesEachOnceAndDropsTheRest) {
  const BatchOrder order({{10, 3, Order::shuffled, true}}, Rng(5));
  EXPECT_EQ(order.batches_per_epoch(), 3);
  std::set<std::int64_t> seen;
  for (int b = 0; b < 3; ++b) {
    const auto parts = order.batch(4, b);
    for (const auto row : parts[0]) seen.insert(row);
  }
  EXPECT_EQ(seen.size(), 9u);
  EXPECT_NE(order.batch(4, 0), order.batch(5, 0));
  EXPECT_EQ(order.batch(4, 2), order.batch(4, 2));
}

TEST(Order, KeptRestIsAShorterBatch) {
  const BatchOrder order({{10, 4, Order::sequential, false}}, Rng(5));
  EXPECT_EQ(order.batches_per_epoch(), 3);
  EXPECT_EQ(order.batch(0, 2)[0], (Rows{8, 9}));
  EXPECT_EQ(order.batch(9, 1)[0], (Rows{4, 5, 6, 7}));
}

TEST(Order, CycledPartIsAnEndlessChainOfPermutations) {
  const BatchOrder order({{20, 4, Order::shuffled, true}, {5, 2, Order::cycled, true}}, Rng(7));
  EXPECT_EQ(order.batches_per_epoch(), 5);
  Rows chain;
  for (int b = 0; b < 5; ++b) {
    const auto parts = order.batch(2, b);
    for (const auto row : parts[1]) chain.push_back(row);
  }
  ASSERT_EQ(chain.size(), 10u);
  // Each stretch of five is a permutation, although groups of two straddle their border.
  EXPECT_EQ(std::set<std::int64_t>(chain.begin(), chain.begin() + 5).size(), 5u);
  EXPECT_EQ(std::set<std::int64_t>(chain.begin() + 5, chain.end()).size(), 5u);
}

TEST(Order, CycledPartOfFewerSamplesThanItsRows) {
  const BatchOrder order({{4, 4, Order::shuffled, true}, {2, 5, Order::cycled, true}}, Rng(7));
  const auto rows = order.batch(0, 0)[1];
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), 0) + std::count(rows.begin(), rows.end(), 1), 5);
}

TEST(Order, PartsThatEndEarlierBeginAgain) {
  const BatchOrder order({{8, 1, Order::sequential, true}, {3, 1, Order::sequential, true}, {5, 2, Order::shuffled, true}},
                         Rng(3));
  EXPECT_EQ(order.batch(0, 3)[1], Rows{0});
  std::set<std::int64_t> third;
  for (int b = 2; b < 4; ++b) {
    const auto parts = order.batch(0, b);
    for (const auto row : parts[2]) third.insert(row);
  }
  EXPECT_EQ(third.size(), 4u);
}

TEST(Order, TooFewSamplesAreSaid) {
  test::expect_error(ErrorKind::configuration, {"2 samples do not fill the 3 rows"}, [] {
    BatchOrder({{2, 3, Order::shuffled, true}}, Rng(1));
  });
  test::expect_error(ErrorKind::configuration, {"empty"}, [] { BatchOrder({{0, 3, Order::shuffled, true}}, Rng(1)); });
}

}  // namespace
}  // namespace plexus
