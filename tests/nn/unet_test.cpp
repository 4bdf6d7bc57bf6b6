#include <plexus/nn/unet.hpp>

#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

std::int64_t count(const torch::nn::Module& module) {
  std::int64_t sum = 0;
  for (const auto& parameter : module.parameters()) sum += parameter.numel();
  return sum;
}

TEST(UNet2d, HasThePublishedSize) {
  const UNet2d network(UNetSettings{});
  EXPECT_EQ(count(network), 1813764);
  EXPECT_EQ(network.parameters().size(), 82U);
  EXPECT_EQ(network.parameters().size() + network.buffers().size(), 136U);
}

TEST(UNet2d, AnswersAtTheInputsSize) {
  UNet2d network({.in_channels = 3, .classes = 2, .widths = {2, 3, 4}, .dropout = {0, 0, 0}});
  network.eval();
  const torch::NoGradGuard no_grad;
  EXPECT_EQ(network.forward(torch::rand({2, 3, 12, 20})).sizes(), at::IntArrayRef({2, 2, 12, 20}));
  EXPECT_EQ(network.settings().multiple(), 4);
}

TEST(UNet2d, DropoutActsInTrainingOnly) {
  UNet2d network({.widths = {4, 8}, .dropout = {0.5, 0.5}});
  const auto x = torch::rand({1, 1, 8, 8});
  const torch::NoGradGuard no_grad;
  network.eval();
  EXPECT_TRUE(at::equal(network.forward(x), network.forward(x)));
  network.train();
  EXPECT_FALSE(at::equal(network.forward(x), network.forward(x)));
}

TEST(UNet2d, GradientReachesEveryParameter) {
  UNet2d network({.widths = {2, 3, 4}, .dropout = {0, 0, 0}});
  network.forward(torch::rand({2, 1, 8, 8})).square().sum().backward();
  for (const auto& item : network.named_parameters()) EXPECT_TRUE(item.value().grad().defined()) << item.key();
}

TEST(UNetSettings, NamesWhatIsWrong) {
  EXPECT_EQ(UNetSettings{}.problem(), "");
  EXPECT_NE((UNetSettings{.widths = {8}, .dropout = {0}}).problem(), "");
  EXPECT_NE((UNetSettings{.widths = {8, 16}, .dropout = {0}}).problem(), "");
  EXPECT_NE((UNetSettings{.widths = {8, 0}, .dropout = {0, 0}}).problem(), "");
  EXPECT_NE((UNetSettings{.widths = {8, 16}, .dropout = {0, 1}}).problem(), "");
  EXPECT_NE((UNetSettings{.classes = 0}).problem(), "");
  EXPECT_THROW(UNet2d(UNetSettings{.widths = {8}, .dropout = {0}}), std::logic_error);
}

}  // namespace
}  // namespace plexus
