#include <plexus/train/schedules.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace {

using namespace plexus::schedules;

TEST(Schedules, PolyFallsToZeroAtItsHorizonAndStaysThere) {
  const auto factor = poly(0.9, 100);
  EXPECT_DOUBLE_EQ(factor(0), 1);
  EXPECT_DOUBLE_EQ(factor(50), std::pow(0.5, 0.9));
  EXPECT_DOUBLE_EQ(factor(100), 0);
  EXPECT_DOUBLE_EQ(factor(1000), 0);
  EXPECT_DOUBLE_EQ(poly(1, 0)(1), 0);
}

TEST(Schedules, StepCountsMilestonesReached) {
  const auto factor = step({10, 20}, 0.1);
  EXPECT_DOUBLE_EQ(factor(9), 1);
  EXPECT_DOUBLE_EQ(factor(10), 0.1);
  EXPECT_NEAR(factor(25), 0.01, 1e-15);
}

TEST(Schedules, StairsFallAfterEachLength) {
  const auto factor = stairs(2500, 0.1);
  EXPECT_DOUBLE_EQ(factor(2499), 1);
  EXPECT_DOUBLE_EQ(factor(2500), 0.1);
}

TEST(Schedules, CosineEndsAtItsLastValue) {
  const auto factor = cosine(10, 0.2);
  EXPECT_DOUBLE_EQ(factor(0), 1);
  EXPECT_NEAR(factor(5), 0.6, 1e-15);
  EXPECT_NEAR(factor(10), 0.2, 1e-15);
}

TEST(Schedules, WarmUpRisesThenFollows) {
  const auto alone = warm_up(4, {});
  EXPECT_DOUBLE_EQ(alone(0), 0);
  EXPECT_DOUBLE_EQ(alone(2), 0.5);
  EXPECT_DOUBLE_EQ(alone(9), 1);
  EXPECT_DOUBLE_EQ(warm_up(4, poly(1, 10), 0.5)(2), 0.75 * 0.8);
}

TEST(Schedules, OptionsChoose) {
  ScheduleOptions options;
  options.schedule = "constant";
  EXPECT_FALSE(options.make(10));
  options.schedule = "exponential";
  options.factor = 0.5;
  EXPECT_DOUBLE_EQ(options.make(10)(2), 0.25);
  options.warm_up = 4;
  EXPECT_DOUBLE_EQ(options.make(10)(2), 0.125);
}

}  // namespace
