#include <plexus/diffusion/clip.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus::diffusion {
namespace {

TEST(Clip, HoldsInARange) {
  const auto x = torch::tensor({{-3.0, 0.5}, {0.2, 7.0}});
  EXPECT_TRUE(at::equal(Clip::none(x), x));
  EXPECT_TRUE(at::equal(Clip::start(x), x.clamp(-1, 1)));
  EXPECT_TRUE(at::equal(Clip::range(0, 1)(x), x.clamp(0, 1)));
}

TEST(Clip, DynamicThresholdBelongsToEachSample) {
  const auto quiet = torch::linspace(-0.5, 0.5, 1001), loud = torch::linspace(-4, 4, 1001);
  const auto held = Clip::dynamic()(at::stack({quiet, loud}));
  EXPECT_TRUE(at::equal(held[0], quiet));  // its quantile lies below 1
  EXPECT_NEAR(held[1].max().item<double>(), 1, 1e-6);
  EXPECT_NEAR(held[1][750].item<double>(), loud[750].item<double>() / (4 * 0.995), 5e-3);
}

}  // namespace
}  // namespace plexus::diffusion
