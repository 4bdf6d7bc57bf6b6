#include <plexus/train/modes.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace {

TEST(Modes, TrainingFollowsRoleAndMode) {
  using plexus::Network;
  torch::nn::Dropout follow, frozen, still, lively;
  plexus::set_training_modes({{"follow", follow.ptr()},
                              {"frozen", frozen.ptr(), Network::Role::frozen},
                              {"still", still.ptr(), Network::Role::trained, Network::Mode::eval},
                              {"lively", lively.ptr(), Network::Role::frozen, Network::Mode::train}});
  EXPECT_TRUE(follow->is_training());
  EXPECT_FALSE(frozen->is_training());
  EXPECT_FALSE(still->is_training());
  EXPECT_TRUE(lively->is_training());
}

TEST(Modes, EvalGivesBackEachModulesOwn) {
  torch::nn::Sequential net(torch::nn::Dropout(), torch::nn::BatchNorm2d(1));
  net->ptr(1)->eval();
  {
    const plexus::EvalMode eval({{"net", net.ptr()}});
    EXPECT_FALSE(net->is_training());
    EXPECT_FALSE(net->ptr(0)->is_training());
  }
  EXPECT_TRUE(net->is_training());
  EXPECT_TRUE(net->ptr(0)->is_training());
  EXPECT_FALSE(net->ptr(1)->is_training());
}

}  // namespace
