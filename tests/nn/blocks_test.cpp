#include <plexus/nn/blocks.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

std::vector<std::string> names(const torch::nn::Module& module) {
  std::vector<std::string> all;
  for (const auto& item : module.named_parameters()) all.push_back(item.key());
  return all;
}

TEST(ConvBlock, HasThePublishedNames) {
  const ConvBlock block(1, 2, 0.1);
  EXPECT_EQ(names(block),
            (std::vector<std::string>{"conv_conv.0.weight", "conv_conv.0.bias", "conv_conv.1.weight", "conv_conv.1.bias",
                                      "conv_conv.4.weight", "conv_conv.4.bias", "conv_conv.5.weight", "conv_conv.5.bias"}));
}

TEST(TimedConvBlock, HasThePublishedNames) {
  const TimedConvBlock block(1, 2, 8, 0.1);
  EXPECT_EQ(names(block),
            (std::vector<std::string>{"conv0.0.weight", "conv0.0.bias", "conv0.1.weight", "conv0.1.bias", "conv1.1.weight",
                                      "conv1.1.bias", "conv1.2.weight", "conv1.2.bias", "temb_proj.weight", "temb_proj.bias"}));
}

TEST(TimedConvBlock, TimeShiftsTheFirstHalf) {
  TimedConvBlock block(1, 2, 8, 0.0);
  block.eval();
  const torch::NoGradGuard no_grad;
  const auto x = torch::rand({2, 1, 6, 6});
  const auto early = block.forward(x, torch::zeros({2, 8})), late = block.forward(x, torch::full({2, 8}, 3.0));
  EXPECT_EQ(early.sizes(), at::IntArrayRef({2, 2, 6, 6}));
  EXPECT_FALSE(at::allclose(early, late));
}

TEST(TimeMlp, TakesTheTypeOfItsWeights) {
  TimeMlp mlp(16, 32);
  mlp.to(at::kDouble);
  const auto out = mlp.forward(torch::tensor({0.0, 412.5}));
  EXPECT_EQ(out.scalar_type(), at::kDouble);
  EXPECT_EQ(out.sizes(), at::IntArrayRef({2, 32}));
}

TEST(UpsampleAndJoin, SkipStandsFirstAndCornersAreKept) {
  torch::nn::Conv2d identity(torch::nn::Conv2dOptions(1, 1, 1).bias(false));
  const torch::NoGradGuard no_grad;
  identity->weight.fill_(1);
  const auto low = torch::tensor({{{{0.0F, 3.0F}, {6.0F, 9.0F}}}});
  const auto joined = upsample_and_join(identity, low, torch::full({1, 2, 4, 4}, 7.0));
  ASSERT_EQ(joined.sizes(), at::IntArrayRef({1, 3, 4, 4}));
  EXPECT_TRUE(joined.slice(1, 0, 2).eq(7).all().item<bool>());
  EXPECT_TRUE(at::allclose(joined[0][2][0], torch::tensor({0.0F, 1.0F, 2.0F, 3.0F})));
  EXPECT_NEAR(joined[0][2][3][3].item<double>(), 9, 1e-5);
}

}  // namespace
}  // namespace plexus
