#include <plexus/diffusion/schedule.hpp>

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

}  // namespace
}  // namespace plexus::diffusion
