#include <plexus/diffusion/respace.hpp>

#include <stdexcept>

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>
#include <plexus/diffusion/schedule.hpp>

namespace plexus::diffusion {
namespace {

using Steps = std::vector<std::int64_t>;

TEST(Respace, RoundsHalfToEven) {
  EXPECT_EQ(evenly_kept(10, 1), (Steps{0}));
  EXPECT_EQ(evenly_kept(10, 2), (Steps{0, 9}));
  EXPECT_EQ(evenly_kept(10, 3), (Steps{0, 4, 9}));
  EXPECT_EQ(evenly_kept(10, 4), (Steps{0, 3, 6, 9}));
  EXPECT_EQ(evenly_kept(10, 5), (Steps{0, 2, 4, 7, 9}));
  EXPECT_EQ(evenly_kept(3, 3), (Steps{0, 1, 2}));
}

TEST(Respace, RefusesMoreThanThereAre) {
  EXPECT_THROW(evenly_kept(10, 11), Error);
  EXPECT_THROW(evenly_kept(10, 0), Error);
}

TEST(Respace, ReadsWhatToKeep) {
  EXPECT_EQ(kept_steps(4, ""), (Steps{0, 1, 2, 3}));
  EXPECT_EQ(kept_steps(10, "1,3"), (Steps{0, 5, 7, 9}));
  EXPECT_EQ(kept_steps(11, "2,2"), (Steps{0, 5, 6, 10}));
  EXPECT_EQ(kept_steps(100, "ddim5"), (Steps{0, 20, 40, 60, 80}));
  EXPECT_EQ(kept_steps(10, "ddim4"), (Steps{0, 3, 6, 9}));
  for (const auto* wrong : {"ddim", "ddim7", "a", "0", "5,,5", "6,5,5", "11", "2.5", "-3"})
    EXPECT_THROW(kept_steps(10, wrong), Error) << wrong;
}

TEST(Respace, KeepsWhatTheProcessIs) {
  const Process whole(linear_betas(100), ProcessSettings{.variance = Variance::learned_range, .rescaled_times = true});
  const auto some = respaced(whole, kept_steps(100, "ddim10"));
  EXPECT_EQ(some.variance(), Variance::learned_range);
  EXPECT_FLOAT_EQ(some.told(torch::tensor({3}))[0].item<float>(), 300);
}

TEST(Respace, KeepsTheSignalOfTheStepsItVisits) {
  const Process whole(cosine_betas(10), Predicts::start);
  const auto some = respaced(whole, {0, 4, 9});
  ASSERT_EQ(some.steps(), 3);
  EXPECT_NEAR(some.alpha_bar()[1], whole.alpha_bar()[4], 1e-15);
  EXPECT_NEAR(some.alpha_bar()[2], whole.alpha_bar()[9], 1e-15);
  EXPECT_EQ(some.original(), (Steps{0, 4, 9}));
  EXPECT_EQ(some.predicts(), Predicts::start);
}

TEST(Respace, OfARespacedProcessGoesBackToTheFirst) {
  const auto some = respaced(Process(cosine_betas(10), Predicts::noise), {0, 4, 9});
  EXPECT_EQ(respaced(some, {0, 2}).original(), (Steps{0, 9}));
}

TEST(Respace, RefusesStepsThatDoNotRise) {
  const Process whole(cosine_betas(10), Predicts::start);
  EXPECT_THROW(respaced(whole, {3, 3}), std::logic_error);
  EXPECT_THROW(respaced(whole, {0, 10}), std::logic_error);
}

}  // namespace
}  // namespace plexus::diffusion
