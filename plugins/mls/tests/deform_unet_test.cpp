#include "deform_unet.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/nn/state_dict.hpp>

namespace plexus::mls {
namespace {

TEST(DeformUNet, TakesEveryMultipleOfSixteen) {
  DeformUNet network(64, 48);
  const at::NoGradGuard no_grad;
  EXPECT_EQ(network.forward(torch::rand({2, 2, 64, 48})).sizes(), at::IntArrayRef({2, 2, 64, 48}));
  EXPECT_EQ(network.forward(torch::rand({1, 2, 16, 128})).sizes(), at::IntArrayRef({1, 2, 16, 128}));
  try {
    network.forward(torch::rand({1, 2, 40, 48}));
    FAIL() << "40 rows were taken";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("40 x 48"), std::string::npos);
    EXPECT_EQ(error.kind(), ErrorKind::data);
  }
}

TEST(DeformUNet, BeginsWithAFineHeadThatIsStill) {
  DeformUNet network(32, 32);
  const auto state = network.named_parameters();
  EXPECT_LT(state["flow.weight"].abs().max().item<float>(), 1e-3);
  EXPECT_EQ(state["flow.bias"].abs().max().item<float>(), 0);
  EXPECT_GT(state["flow1.3.weight"].abs().max().item<float>(), 1e-2);  // the coarse heads are not
  std::int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  EXPECT_EQ(count, 121250);
}

TEST(DeformUNet, FilesHoldItsGrid) {
  DeformUNet network(32, 48);
  for (const auto& [name, tensor] : state_dict(network))
    if (name == "transformer.grid") {
      EXPECT_EQ(tensor.sizes(), at::IntArrayRef({1, 2, 32, 48}));
      EXPECT_EQ(tensor[0][0][5][7].item<float>(), 5);
      EXPECT_EQ(tensor[0][1][5][7].item<float>(), 7);
      return;
    }
  FAIL() << "no transformer.grid";
}

}  // namespace
}  // namespace plexus::mls
