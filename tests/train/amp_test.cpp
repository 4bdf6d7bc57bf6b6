#include <plexus/train/amp.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace {

using plexus::Autocast;
using plexus::Precision;

at::ScalarType type_of_product() { return torch::mm(torch::ones({2, 2}), torch::ones({2, 2})).scalar_type(); }

TEST(Autocast, LowersThePrecisionWhileItLives) {
  {
    const Autocast autocast(Precision::bf16, at::kCPU);
    EXPECT_EQ(type_of_product(), at::kBFloat16);
    {
      const plexus::NoAutocast full(at::kCPU);
      EXPECT_EQ(type_of_product(), at::kFloat);
    }
    EXPECT_EQ(type_of_product(), at::kBFloat16);
  }
  EXPECT_EQ(type_of_product(), at::kFloat);
  const Autocast none(Precision::fp32, at::kCPU);
  EXPECT_EQ(type_of_product(), at::kFloat);
}

TEST(Autocast, ForgetsCopiesOfWeightsThatChanged) {
  auto weight = torch::ones({1, 1}, torch::requires_grad());
  const Autocast autocast(Precision::bf16, at::kCPU);
  torch::mm(torch::ones({1, 1}), weight);
  {
    const torch::NoGradGuard no_grad;
    weight.fill_(2);
  }
  plexus::drop_autocast_copies();
  EXPECT_EQ(torch::mm(torch::ones({1, 1}), weight).item<double>(), 2);
}

TEST(LossScaler, DoublesAfterManyGoodSteps) {
  plexus::LossScaler scaler(true);
  for (int i = 0; i < 2000; ++i) scaler.update(false);
  EXPECT_EQ(scaler.scale(), 131072);
  plexus::LossScaler off(false);
  off.update(true);
  EXPECT_EQ(off.scale(), 1);
}

TEST(Precision, RefusesOtherNames) { EXPECT_THROW(plexus::parse_precision("fp64"), plexus::Error); }

}  // namespace
