#include "flow.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus::mls {
namespace {

TEST(MlsFlow, WarpReadsWhereTheFieldPoints) {
  const auto image = torch::rand({1, 1, 8, 10});
  auto field = torch::zeros({1, 2, 8, 10});
  EXPECT_TRUE(torch::allclose(warp(image, field), image, 0, 1e-6));
  field.select(1, 0).fill_(2);   // two rows down
  field.select(1, 1).fill_(-1);  // one column to the left
  const auto moved = warp(image, field)[0][0];
  EXPECT_TRUE(torch::allclose(moved.slice(0, 0, 6).slice(1, 1), image[0][0].slice(0, 2).slice(1, 0, 9), 0, 1e-5));
  EXPECT_EQ(moved.slice(0, 6).abs().max().item<float>(), 0);  // outside is 0
  EXPECT_THROW(warp(image, field, "cubic"), std::invalid_argument);
}

TEST(MlsFlow, IntegralOfAConstantShrinksTowardsTheBorderItPointsOutOf) {
  const auto field = integrate(torch::full({1, 2, 64, 64}, 3.0F), 7);
  EXPECT_NEAR(field[0][0][32][32].item<float>(), 3.0, 1e-4);
  EXPECT_NEAR(field[0][1][63][63].item<float>(), 0.668, 1e-3);
  EXPECT_TRUE(torch::equal(integrate(field, 0), field));
}

TEST(MlsFlow, GradientIsZeroWhereNothingMoves) {
  const auto field = torch::zeros({2, 2, 4, 4}).set_requires_grad(true);
  magnitude(field).sum().backward();
  EXPECT_EQ(field.grad().abs().max().item<float>(), 0);  // not NaN
}

TEST(MlsFlow, MagnitudeTakesTheSizeOfPixels) {
  auto field = torch::zeros({1, 2, 1, 1});
  field[0][0] = 3;
  field[0][1] = 4;
  EXPECT_FLOAT_EQ(magnitude(field).item<float>(), 5);
  EXPECT_FLOAT_EQ(magnitude(field, 2, 0.5).item<float>(), std::hypot(6.0F, 2.0F));
}

TEST(MlsFlow, JacobianTellsFolds) {
  const auto rows = torch::arange(6, at::kFloat).view({6, 1}).expand({6, 5}), columns = torch::arange(5, at::kFloat).expand({6, 5});
  EXPECT_TRUE(torch::allclose(jacobian(torch::zeros({1, 2, 6, 5})), torch::ones({1, 6, 5})));
  const auto stretched = torch::stack({0.5 * rows, 0.25 * columns}).unsqueeze(0);
  EXPECT_TRUE(torch::allclose(jacobian(stretched), torch::full({1, 6, 5}, 1.5F * 1.25F)));
  const auto mirrored = torch::stack({-2 * rows, 0 * columns}).unsqueeze(0);
  EXPECT_TRUE((jacobian(mirrored) < 0).all().item<bool>());
}

}  // namespace
}  // namespace plexus::mls
