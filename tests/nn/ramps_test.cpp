#include <plexus/nn/ramps.hpp>

#include <cmath>

#include <gtest/gtest.h>

namespace plexus {
namespace {

TEST(SigmoidRamp, RisesFromExpMinusFiveToOne) {
  EXPECT_DOUBLE_EQ(sigmoid_ramp(0, 200), std::exp(-5.0));
  EXPECT_DOUBLE_EQ(sigmoid_ramp(100, 200), std::exp(-1.25));
  EXPECT_DOUBLE_EQ(sigmoid_ramp(200, 200), 1);
}

TEST(SigmoidRamp, HoldsBeyondItsEnds) {
  EXPECT_DOUBLE_EQ(sigmoid_ramp(1e9, 200), 1);
  EXPECT_DOUBLE_EQ(sigmoid_ramp(-3, 200), std::exp(-5.0));
}

TEST(SigmoidRamp, IsOneWithoutLength) { EXPECT_DOUBLE_EQ(sigmoid_ramp(0, 0), 1); }

}  // namespace
}  // namespace plexus
