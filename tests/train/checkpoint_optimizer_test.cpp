#include <plexus/train/checkpoint_optimizer.hpp>

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

using testing::HasSubstr;

torch::nn::Linear fixed() {
  torch::nn::Linear linear(3, 2);
  torch::NoGradGuard guard;
  linear->weight.copy_(torch::arange(6).view({2, 3}).mul(0.25));
  linear->bias.copy_(torch::arange(2).mul(0.25));
  return linear;
}

void steps(torch::nn::Linear& linear, torch::optim::Optimizer& optimizer, int count) {
  for (int i = 0; i < count; ++i) {
    optimizer.zero_grad();
    linear->forward(torch::ones({1, 3})).square().sum().backward();
    optimizer.step();
  }
}

// Six steps at once must equal three, a save, a load into fresh objects and three more, bit for bit.
template <class Make>
void check_round_trip(Make make) {
  const test::TemporaryFolder folder;
  auto whole = fixed();
  auto whole_optimizer = make(*whole);
  steps(whole, *whole_optimizer, 6);

  auto first = fixed();
  auto first_optimizer = make(*first);
  steps(first, *first_optimizer, 3);
  write_torch_file(folder / "o.pth", optimizer_state(*first_optimizer));

  auto second_optimizer = make(*first);
  for (auto& group : second_optimizer->param_groups()) group.options().set_lr(123);
  load_optimizer_state(*second_optimizer, read_torch_file(folder / "o.pth"), "o.pth");
  steps(first, *second_optimizer, 3);
  EXPECT_TRUE(at::equal(first->weight, whole->weight));
  EXPECT_TRUE(at::equal(first->bias, whole->bias));
}

TEST(CheckpointOptimizer, SgdGoesOnExactly) {
  check_round_trip([](torch::nn::LinearImpl& net) {
    return std::make_unique<torch::optim::SGD>(net.parameters(),
                                               torch::optim::SGDOptions(0.01).momentum(0.9).weight_decay(1e-4).nesterov(true));
  });
  check_round_trip([](torch::nn::LinearImpl& net) {
    return std::make_unique<torch::optim::SGD>(net.parameters(), torch::optim::SGDOptions(0.01));
  });
}

TEST(CheckpointOptimizer, AdamGoesOnExactly) {
  for (const bool amsgrad : {false, true}) {
    check_round_trip([&](torch::nn::LinearImpl& net) {
      return std::make_unique<torch::optim::Adam>(net.parameters(),
                                                  torch::optim::AdamOptions(1e-3).amsgrad(amsgrad).weight_decay(1e-2));
    });
  }
}

TEST(CheckpointOptimizer, AdamWWithTwoGroupsGoesOnExactly) {
  check_round_trip([](torch::nn::LinearImpl& net) {
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(std::vector<at::Tensor>{net.weight}, std::make_unique<torch::optim::AdamWOptions>(1e-3));
    groups.emplace_back(std::vector<at::Tensor>{net.bias}, std::make_unique<torch::optim::AdamWOptions>(1e-2));
    auto optimizer = std::make_unique<torch::optim::AdamW>(groups, torch::optim::AdamWOptions(1e-3));
    return optimizer;
  });
}

TEST(CheckpointOptimizer, ReadsPythonsAdam) {
  const auto state = read_torch_file(std::filesystem::path(PLEXUS_SOURCE_DIR) / "tests/nn/files/adam.pth");
  auto net = fixed();
  torch::optim::Adam optimizer(net->parameters(), torch::optim::AdamOptions(1));
  load_optimizer_state(optimizer, state, "adam.pth");
  const auto& options = static_cast<torch::optim::AdamOptions&>(optimizer.param_groups()[0].options());
  EXPECT_EQ(options.lr(), 1e-3);
  EXPECT_EQ(std::get<0>(options.betas()), 0.8);
  EXPECT_TRUE(options.amsgrad());
  const auto& kept = static_cast<torch::optim::AdamParamState&>(*optimizer.state().at(net->weight.unsafeGetTensorImpl()));
  EXPECT_EQ(kept.step(), 3);
  EXPECT_TRUE(at::equal(kept.exp_avg(), state.at("state").find(0)->at("exp_avg").tensor()));
  EXPECT_TRUE(kept.max_exp_avg_sq().defined());
}

TEST(CheckpointOptimizer, WrongStatesAreErrorsAndChangeNothing) {
  auto net = fixed();
  torch::optim::SGD sgd(net->parameters(), torch::optim::SGDOptions(0.5).momentum(0.9));
  steps(net, sgd, 1);
  torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(0.5));
  EXPECT_THAT(test::message_of([&] { load_optimizer_state(adam, optimizer_state(sgd), "here"); }), HasSubstr("here"));
  EXPECT_THROW(load_optimizer_state(sgd, optimizer_state(adam), "here"), Error);
  EXPECT_THROW(load_optimizer_state(sgd, PickleValue(1), "here"), Error);

  torch::nn::Linear other(4, 2);
  torch::optim::SGD larger(other->parameters(), torch::optim::SGDOptions(0.7).momentum(0.8));
  const auto error = test::thrown([&] { load_optimizer_state(larger, optimizer_state(sgd), "here"); });
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_EQ(static_cast<torch::optim::SGDOptions&>(larger.param_groups()[0].options()).lr(), 0.7);
  EXPECT_TRUE(larger.state().empty());
  torch::optim::SGD shorter({net->weight}, torch::optim::SGDOptions(0.7));
  EXPECT_THROW(load_optimizer_state(shorter, optimizer_state(sgd), "here"), Error);
  torch::optim::RMSprop unknown(net->parameters());
  EXPECT_THROW(optimizer_state(unknown), std::logic_error);
}

TEST(CheckpointOptimizer, ReadsWhatDiffRectKeeps) {
  const auto* given = std::getenv("PLEXUS_SHARED");
  const auto shared =
      given != nullptr ? std::filesystem::path(given) : std::filesystem::path(PLEXUS_SOURCE_DIR) / ".." / "shared";
  const auto path = shared / "checkpoints/diffrect_unet_best_model.pth";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const auto progress = original_progress(read_torch_file(path));
  EXPECT_EQ(progress.epoch, 3);
  EXPECT_NEAR(progress.loss.value(), 1.0354825258255005, 1e-12);
  EXPECT_EQ(progress.momentum.size(), 82U);
  EXPECT_NEAR(progress.momentum.at(0).flatten()[1].item<double>(), 0.013611025176942348, 1e-12);
  ASSERT_EQ(progress.groups.size(), 1U);
  EXPECT_DOUBLE_EQ(progress.groups[0].at("lr"), 0.009997);
  EXPECT_DOUBLE_EQ(progress.groups[0].at("momentum"), 0.9);
}

}  // namespace
}  // namespace plexus
