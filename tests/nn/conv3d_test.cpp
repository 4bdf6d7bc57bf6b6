#include <plexus/nn/conv3d.hpp>

#include <limits>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace {

// Memory that was in use before holds NaN, so that what is not written shows.
void spoil_memory() {
  std::vector<at::Tensor> spoilt;
  for (int k = 1; k < 40; ++k) spoilt.push_back(torch::full({997 * k}, std::numeric_limits<float>::quiet_NaN()));
}

TEST(Conv3d, GradientsInBf16AreThoseOfFloat) {
  torch::manual_seed(1);
  for (const std::int64_t depth : {1, 2, 3}) {
    const auto x = torch::randn({2, 4, depth, 6, 5}).to(at::kBFloat16), w = torch::randn({8, 4, 3, 3, 3}).to(at::kBFloat16);
    const auto b = torch::randn({8}).to(at::kBFloat16);
    const auto gradient = [&](at::ScalarType type) {
      spoil_memory();
      const auto own = w.to(type).detach().requires_grad_(true);
      const auto y = plexus::conv3d(x.to(type), own, b.to(type), 1, 1);
      EXPECT_EQ(y.scalar_type(), type);
      y.backward(torch::ones_like(y));
      return own.grad().to(at::kFloat);
    };
    const auto exact = gradient(at::kFloat);
    for (int again = 0; again < 3; ++again)
      EXPECT_LT((gradient(at::kBFloat16) - exact).abs().max().item<float>(), 0.02 * exact.abs().max().item<float>()) << depth;
  }
}

}  // namespace
