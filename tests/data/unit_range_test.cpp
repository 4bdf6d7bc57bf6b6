#include <plexus/data/unit_range.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

TEST(UnitRange, ScalesOnlyAboveOne) {
  const auto raw = to_unit_range(torch::tensor({-100.0, 0.0, 300.0}, torch::kDouble));
  EXPECT_EQ(raw.scalar_type(), torch::kFloat);
  EXPECT_TRUE(torch::allclose(raw, torch::tensor({0.0F, 0.25F, 1.0F})));
  const auto ready = torch::tensor({-0.5F, 0.2F, 1.0F});
  EXPECT_TRUE(torch::equal(to_unit_range(ready), ready));
}

TEST(UnitRange, ConstantAndEmptyImages) {
  EXPECT_EQ(to_unit_range(torch::full({4}, 7, torch::kShort)).sum().item<float>(), 0);
  EXPECT_EQ(to_unit_range(torch::zeros({0, 3})).numel(), 0);
}

}  // namespace
}  // namespace plexus
