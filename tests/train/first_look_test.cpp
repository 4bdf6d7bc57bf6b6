#include <plexus/train/first_look.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace {

using plexus::Batch;
using plexus::Network;
using testing::ElementsAre;

TEST(FirstLook, TellsNetworksAndTheShapesOfBatches) {
  Network net, frozen;
  net.name = "net";
  net.module = std::make_shared<torch::nn::LinearImpl>(3, 2);
  frozen.name = "teacher";
  frozen.module = std::make_shared<torch::nn::LinearImpl>(torch::nn::LinearOptions(3, 2).bias(false));
  frozen.role = Network::Role::frozen;
  Batch two, one;
  two.of.resize(3);
  two.parts = {1, 2};
  two.fields = {{"image", torch::zeros({3, 1, 8, 6})}, {"label", torch::zeros({3, 8, 6}, at::kLong)}};
  one.of.resize(2);
  one.parts = {2};
  one.fields = {{"image", torch::zeros({2, 1, 8, 6}, at::kBFloat16)}};
  EXPECT_THAT(plexus::first_look({net, frozen}, {{"train", two}, {"target", one}}),
              ElementsAre("network net: 8 parameters", "network teacher: 6 parameters, not trained here",
                          "batch target, 2 rows: image [2, 1, 8, 6] BFloat16",
                          "batch train, 1 + 2 rows: image [3, 1, 8, 6] Float, label [3, 8, 6] Long"));
}

TEST(FirstLook, TellsLossTerms) {
  EXPECT_EQ(plexus::loss_terms({{"loss", torch::full({}, 1.25)}, {"late", torch::full({1}, 12345.0)}}), "loss 1.25, late 1.234e+04");
}

}  // namespace
