#include <plexus/nn/embedding.hpp>

#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

double value(const at::Tensor& embedding, std::int64_t row, std::int64_t column) {
  return embedding[row][column].item<double>();
}

TEST(SinusoidalEmbedding, SinesThenCosines) {
  const auto e = sinusoidal_embedding(torch::tensor({0.0, 2.5}), 8);
  ASSERT_EQ(e.sizes(), at::IntArrayRef({2, 8}));
  for (int k = 0; k < 4; ++k) {
    const double rate = std::pow(10000.0, -k / 4.0);
    EXPECT_NEAR(value(e, 0, k), 0, 1e-7);
    EXPECT_NEAR(value(e, 0, 4 + k), 1, 1e-7);
    EXPECT_NEAR(value(e, 1, k), std::sin(2.5 * rate), 1e-6);
    EXPECT_NEAR(value(e, 1, 4 + k), std::cos(2.5 * rate), 1e-6);
  }
}

TEST(SinusoidalEmbedding, HalfMinusOneReachesThePeriod) {
  const auto e = sinusoidal_embedding(torch::tensor({10.0}), 6, {.half_minus_one = true});
  EXPECT_NEAR(value(e, 0, 2), std::sin(10.0 / 10000.0), 1e-7);
}

TEST(SinusoidalEmbedding, CosineFirstSwapsTheHalves) {
  const auto t = torch::tensor({3.0, 700.0});
  const auto sines = sinusoidal_embedding(t, 16).chunk(2, 1),
             cosines = sinusoidal_embedding(t, 16, {.cosine_first = true}).chunk(2, 1);
  EXPECT_TRUE(at::equal(sines[0], cosines[1]));
  EXPECT_TRUE(at::equal(sines[1], cosines[0]));
}

TEST(SinusoidalEmbedding, IntegersAndDoublesGiveFloat32) {
  const auto e = sinusoidal_embedding(torch::tensor({9}, at::kLong), 8);
  EXPECT_EQ(e.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(e, sinusoidal_embedding(torch::tensor({9.0}, at::kDouble), 8)));
}

TEST(SinusoidalEmbedding, AnOddSizeEndsInZero) {
  const auto t = torch::tensor({3.0, 700.0});
  const auto odd = sinusoidal_embedding(t, 9);
  EXPECT_TRUE(at::equal(odd.narrow(1, 0, 8), sinusoidal_embedding(t, 8)));
  EXPECT_EQ(odd.select(1, 8).abs().max().item<double>(), 0);
}

TEST(SinusoidalEmbedding, RefusesSmallSizesAndOtherShapes) {
  EXPECT_THROW(sinusoidal_embedding(torch::zeros({2}), 2), std::logic_error);
  EXPECT_THROW(sinusoidal_embedding(torch::zeros({2, 1}), 8), std::logic_error);
}

}  // namespace
}  // namespace plexus
