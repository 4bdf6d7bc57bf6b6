#include <plexus/diffusion/schedule.hpp>

#include <cmath>

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

namespace plexus::diffusion {
namespace {

TEST(Schedule, LinearIsTheUsualOneForThousandSteps) {
  const auto all = linear_betas(1000);
  ASSERT_EQ(all.size(), 1000U);
  EXPECT_NEAR(all.front(), 1e-4, 1e-12);
  EXPECT_NEAR(all.back(), 0.02, 1e-12);
  EXPECT_NEAR(all[1] - all[0], (0.02 - 1e-4) / 999, 1e-15);
}

TEST(Schedule, CosineGivesThePublishedProducts) {
  double alpha_bar = 1;
  std::vector<double> all;
  for (const double beta : cosine_betas(10)) all.push_back(alpha_bar *= 1 - beta);
  EXPECT_NEAR(all[0], 0.97209274, 1e-8);
  EXPECT_NEAR(all[4], 0.49384359, 1e-8);
  EXPECT_NEAR(all[9], 2.409172e-5, 1e-11);
}

TEST(Schedule, CosineIsHeldBelowOne) { EXPECT_DOUBLE_EQ(cosine_betas(10).back(), 0.999); }

TEST(Schedule, OneStep) { EXPECT_EQ(linear_betas(1, 0.3, 0.9), std::vector<double>{0.3}); }

TEST(Schedule, RefusesWhatCannotBe) {
  EXPECT_THROW(betas("linear", 10), Error);
  EXPECT_THROW(betas("cosine", 0), Error);
  try {
    betas("cosin", 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    EXPECT_NE(std::string(error.what()).find("cosine"), std::string::npos);
  }
}

TEST(Schedule, TheFieldsOtherSchedules) {
  const auto quad = quadratic_betas(50, 1e-4, 0.02), sigmoid = sigmoid_betas(50, 1e-4, 0.02), jsd = jsd_betas(50);
  EXPECT_NEAR(quad.front(), 1e-4, 1e-9);
  EXPECT_NEAR(quad.back(), 0.02, 1e-8);
  EXPECT_NEAR(quad[10], std::pow(0.01 + 10 * (std::sqrt(0.02) - 0.01) / 49, 2), 1e-8);
  EXPECT_NEAR(sigmoid.front(), 1e-4 + 0.0199 / (1 + std::exp(6.0)), 1e-8);
  EXPECT_NEAR(sigmoid[0] + sigmoid[49], 0.0201, 1e-8);
  EXPECT_DOUBLE_EQ(jsd.front(), 0.02);
  EXPECT_DOUBLE_EQ(jsd.back(), 1);
  EXPECT_DOUBLE_EQ(constant_betas(3, 0.1)[2], 0.1);
  double signal = 1;
  for (const double beta : sqrt_betas(1000)) signal *= 1 - beta;
  EXPECT_LT(signal, 1e-4);
}

TEST(Schedule, ByNameWithItsEnds) {
  EXPECT_EQ(betas({.name = "linear", .steps = 1000}), linear_betas(1000, 1e-4, 0.02));
  EXPECT_EQ(betas({.name = "linear", .steps = 300, .stretched = false}), linear_betas(300, 1e-4, 0.02));
  EXPECT_EQ(betas({.name = "quad", .steps = 9, .first = 0.1, .last = 0.2}), quadratic_betas(9, 0.1, 0.2));
  EXPECT_THROW(betas({.name = "linear", .steps = 10}), Error);
  EXPECT_THROW(betas({.name = "const", .steps = 10, .last = 1.5}), Error);
  for (const auto& name : schedule_names()) EXPECT_EQ(betas(name, 100).size(), 100u) << name;
}

}  // namespace
}  // namespace plexus::diffusion
