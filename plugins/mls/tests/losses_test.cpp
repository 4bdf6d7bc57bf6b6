#include "losses.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "flow.hpp"

namespace plexus::mls {
namespace {

at::Tensor points(std::vector<float> values) { return torch::tensor(values).view({-1, 4, 2}); }

TEST(MlsLosses, SimilarityCountsAllPixels) {
  const auto slice = torch::ones({1, 1, 2, 2}), mask = torch::tensor({1.0F, 0.0F, 0.0F, 0.0F}).view({1, 1, 2, 2});
  EXPECT_FLOAT_EQ(similarity(slice, torch::zeros_like(slice), mask).item<float>(), 0.25F);
}

TEST(MlsLosses, RoughnessIsHalfOfBothAxes) {
  auto field = torch::zeros({1, 2, 3, 4});
  field[0][0] = torch::arange(4, at::kFloat) * 2;  // differences of 2 along the columns, in one of two channels
  EXPECT_FLOAT_EQ(roughness(field).item<float>(), (4.0F / 2 + 0) / 2);
}

// A field that at (column, row) is (row + 100 column, column).
at::Tensor ramp(std::int64_t height, std::int64_t width) {
  const auto rows = torch::arange(height, at::kFloat).view({height, 1}).expand({height, width});
  const auto columns = torch::arange(width, at::kFloat).expand({height, width});
  return torch::stack({rows, columns}).unsqueeze(0);
}

TEST(MlsLosses, LandmarksAreReadWhereTheyLie) {
  // Rows and columns of the field at (10, 20): 20 and 10; the falx ends at (0, 0) have 0.
  const auto landmarks = points({0, 0, 0, 0, 10, 20, 20, 41});
  // Wanted at the third: row 21, column 10; found 20, 10. Errors 0 0 0 0 1 0: (9 * 5 + 10) / 6 / 6.
  EXPECT_NEAR(landmark_error(ramp(64, 48), landmarks, LandmarkSampling::exact).item<float>(), (9 * 5 + 10) / 36.0, 1e-4);
  // As published, half a pixel off but for the middle; and far off for other sizes than 256.
  const auto middle = points({127.5, 127.5, 127.5, 127.5, 127.5, 127.5, 127.5, 127.5});
  const auto error = 127.5F;  // beyond 3: the error itself
  EXPECT_NEAR(landmark_error(ramp(256, 256), middle, LandmarkSampling::published).item<float>(), error, 1e-3);
  EXPECT_GT(landmark_error(ramp(64, 48), landmarks, LandmarkSampling::published).item<float>(), 1.7);
}

TEST(MlsLosses, UnlabelledSlicesPayForTheCorner) {
  EXPECT_NEAR(landmark_error(torch::zeros({1, 2, 256, 256}), torch::ones({1, 4, 2}), LandmarkSampling::published).item<float>(), 1.5, 1e-6);
}

TEST(MlsLosses, AsPublishedTheFirstSampleStandsForAll) {
  auto field = torch::zeros({2, 2, 4, 4});
  field[0][1].fill_(5);
  const auto shift = torch::tensor({2.0F, 1.0F});
  EXPECT_TRUE(torch::allclose(excess(field, shift, false), torch::tensor({3.0F, 4.0F})));
  EXPECT_TRUE(torch::allclose(excess(field, shift, true), torch::tensor({3.0F, 0.0F})));
}

TEST(MlsLosses, GradientOfAFieldAtRestIsFinite) {
  for (const bool per_sample : {false, true})
    for (const float shift : {0.0F, 4.0F}) {
      const auto velocity = torch::zeros({2, 2, 16, 16}).set_requires_grad(true);
      const auto field = integrate(velocity, 7);
      (excess(field, torch::full({2}, shift), per_sample) + roughness(field)).mean().backward();
      EXPECT_TRUE(velocity.grad().isfinite().all().item<bool>());
      EXPECT_EQ(velocity.grad().abs().max().item<float>(), 0);
    }
}

TEST(MlsLosses, GradientElsewhereIsThatOfTheRoot) {
  auto field = torch::zeros({1, 2, 1, 2});
  field[0][0][0][0] = 3;
  field[0][1][0][0] = 4;
  field.set_requires_grad(true);
  excess(field, torch::zeros({1}), true).sum().backward();
  EXPECT_TRUE(torch::allclose(field.grad().flatten(), torch::tensor({0.3F, 0.0F, 0.4F, 0.0F})));
}

}  // namespace
}  // namespace plexus::mls
