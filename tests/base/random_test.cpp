#include <plexus/base/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace plexus {
namespace {

TEST(Rng, GivesTheSameBitsForEver) {
  Rng rng(42);
  EXPECT_EQ(rng.next(), 0x7D5731EA831DB231u);
  EXPECT_EQ(rng.next(), 0x6221B951E950B38Eu);
  EXPECT_EQ(Rng(42).fork("train").fork(7).next(), 0xDDDA91001182BC27u);
}

TEST(Rng, ForkingDisturbsNothing) {
  Rng a(1), b(1);
  a.next();
  b.next();
  a.fork("x").next();
  EXPECT_EQ(a.next(), b.next());
}

TEST(Rng, ForksDependOnTheKeyNotOnTheCount) {
  Rng a(1), b(1);
  a.next();
  EXPECT_EQ(a.fork("x").key(), b.fork("x").key());
}

TEST(Rng, ForksOfAllKindsDiffer) {
  const Rng root(0);
  std::set<std::uint64_t> keys{root.key()};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    keys.insert(root.fork(i).key());
    keys.insert(root.fork(std::to_string(i)).key());
    keys.insert(Rng(i + 1).key());
  }
  EXPECT_EQ(keys.size(), 3001u);
  EXPECT_NE(root.fork("a").fork("b").key(), root.fork("b").fork("a").key());
  EXPECT_NE(root.fork("ab").key(), root.fork("a").fork("b").key());
  EXPECT_NE(root.fork("").key(), root.key());
  EXPECT_NE(root.fork(1).fork(2).key(), root.fork(2).fork(1).key());
}

// Means of n draws of a variance v lie within 5 standard errors.
void expect_mean(const std::vector<double>& values, double mean, double variance) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const auto n = static_cast<double>(values.size());
  EXPECT_NEAR(sum / n, mean, 5 * std::sqrt(variance / n));
}

TEST(Rng, UniformHasTheMomentsOfOne) {
  Rng rng(3);
  std::vector<double> values, squares;
  for (int i = 0; i < 200000; ++i) {
    const double u = rng.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    values.push_back(u);
    squares.push_back(u * u);
  }
  expect_mean(values, 0.5, 1.0 / 12);
  expect_mean(squares, 1.0 / 3, 4.0 / 45);
}

TEST(Rng, NormalHasTheMomentsOfOne) {
  Rng rng(4);
  std::vector<double> values, squares, fourth;
  for (int i = 0; i < 200000; ++i) {
    const double z = rng.normal();
    values.push_back(z);
    squares.push_back(z * z);
    fourth.push_back(z * z * z * z);
  }
  expect_mean(values, 0, 1);
  expect_mean(squares, 1, 2);
  expect_mean(fourth, 3, 96);
}

TEST(Rng, FirstDrawsOfNeighbouringStreamsAreUnrelated) {
  std::vector<double> products;
  for (std::uint64_t i = 0; i < 100000; ++i)
    products.push_back((Rng(9).fork(i).uniform() - 0.5) * (Rng(9).fork(i + 1).uniform() - 0.5));
  expect_mean(products, 0, 1.0 / 144);
}

TEST(Rng, EveryBitIsFair) {
  Rng rng(5);
  std::vector<int> ones(64);
  constexpr int n = 40000;
  for (int i = 0; i < n; ++i) {
    const std::uint64_t bits = rng.next();
    for (int b = 0; b < 64; ++b) ones[static_cast<std::size_t>(b)] += static_cast<int>(bits >> b & 1);
  }
  for (const int count : ones) EXPECT_NEAR(count, n / 2, 5 * std::sqrt(n / 4.0));
}

TEST(Rng, OneChangedSeedBitFlipsHalfOfTheOutput) {
  double flipped = 0;
  for (int b = 0; b < 64; ++b) flipped += std::popcount(Rng(0).next() ^ Rng(std::uint64_t{1} << b).next());
  EXPECT_NEAR(flipped / 64, 32, 5 * 4 / 8.0);
}

TEST(Rng, IntegerCoversItsRangeEvenly) {
  Rng rng(6);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[static_cast<std::size_t>(rng.integer(-3, 4) + 3)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
}

TEST(Rng, IntegerSurvivesExtremeRanges) {
  Rng rng(7);
  constexpr auto least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
  bool negative = false, positive = false;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t value = rng.integer(least, most);
    negative = negative || value < 0;
    positive = positive || value > 0;
  }
  EXPECT_TRUE(negative && positive);
  EXPECT_EQ(rng.integer(5, 5), 5);
  EXPECT_EQ(rng.integer(5, 6), 5);
  EXPECT_EQ(rng.integer(5, 2), 5);
}

TEST(Rng, UniformStaysBelowItsUpperEnd) {
  Rng rng(8);
  const double high = std::nextafter(1.0, 2.0);
  for (int i = 0; i < 100; ++i) ASSERT_LT(rng.uniform(1.0, high), high);
}

TEST(Rng, ShuffleIsAFairPermutation) {
  std::vector<int> first(4);
  for (std::uint64_t i = 0; i < 8000; ++i) {
    std::vector<int> values{0, 1, 2, 3};
    Rng(i).shuffle(std::span(values));
    ++first[static_cast<std::size_t>(values[0])];
    std::sort(values.begin(), values.end());
    ASSERT_EQ(values, (std::vector<int>{0, 1, 2, 3}));
  }
  for (const int count : first) EXPECT_NEAR(count, 2000, 200);
}

TEST(Rng, ChanceKeepsToItsEnds) {
  Rng rng(10);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_FALSE(rng.chance(0));
    ASSERT_TRUE(rng.chance(1));
  }
}

}  // namespace
}  // namespace plexus
