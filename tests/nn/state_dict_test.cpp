#include <plexus/nn/state_dict.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

#include "support/thrown.hpp"

namespace plexus {
namespace {

using testing::HasSubstr;

struct NetImpl : torch::nn::Module {
  explicit NetImpl(std::int64_t width = 2) {
    norm = register_module("norm", torch::nn::BatchNorm2d(width));
    body = register_module("body", torch::nn::Sequential(torch::nn::Conv2d(torch::nn::Conv2dOptions(1, width, 3).bias(false)),
                                                         torch::nn::ReLU(), torch::nn::Linear(width, 1)));
    scale = register_buffer("scale", torch::ones(1));
    gain = register_parameter("gain", torch::zeros({width}));
  }
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Sequential body{nullptr};
  at::Tensor scale, gain;
};
TORCH_MODULE(Net);

TEST(StateDict, NamesAndOrderAreThoseOfPython) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state_dict(*Net())) names.push_back(name);
  EXPECT_THAT(names, testing::ElementsAre("gain", "scale", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
                                          "norm.num_batches_tracked", "body.0.weight", "body.2.weight", "body.2.bias"));
}

TEST(StateDict, LoadsWhatItGave) {
  Net from, to;
  from->gain.data().fill_(3);
  from->norm->running_mean.fill_(0.5);
  from->norm->num_batches_tracked.fill_(7);
  auto state = state_dict(*from);
  std::reverse(state.begin(), state.end());
  state.back().second = state.back().second.to(at::kHalf);  // converted
  load_state_dict(*to, state, "here");
  const auto a = state_dict(*from), b = state_dict(*to);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(at::equal(a[i].second, b[i].second)) << a[i].first;
  EXPECT_TRUE(to->gain.requires_grad());
  EXPECT_EQ(to->gain.scalar_type(), at::kFloat);
}

TEST(StateDict, OneTableListsEveryProblemAndNothingIsLoaded) {
  Net net;
  auto state = state_dict(*Net(3));
  state.erase(state.begin() + 1);  // scale
  state.emplace_back("head.weight", torch::ones(2));
  state[1].second = torch::ones({2}, torch::kLong);  // norm.weight
  state.back().second.fill_(9);
  const auto error = test::thrown([&] { load_state_dict(*net, state, "file.pth"); });
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_EQ(error.where(), "file.pth");
  EXPECT_THAT(error.message(), HasSubstr("gain"));
  EXPECT_THAT(error.message(), HasSubstr("[3]"));
  EXPECT_THAT(error.message(), testing::ContainsRegex("scale +missing"));
  EXPECT_THAT(error.message(), testing::ContainsRegex("head.weight +unexpected"));
  EXPECT_THAT(error.message(), testing::ContainsRegex("norm.weight +other type"));
  EXPECT_THAT(error.message(), testing::ContainsRegex("body.0.weight +other shape"));
  for (const auto& [name, tensor] : state_dict(*net)) {
    if (name == "gain") { EXPECT_EQ(tensor.sum().item<float>(), 0); }
  }
}

TEST(StateDict, CountersMissingInOldFilesAreZero) {
  Net net;
  net->norm->num_batches_tracked.fill_(7);
  TensorMap state;
  for (const auto& [name, tensor] : state_dict(*net)) {
    if (!name.ends_with("num_batches_tracked")) state.emplace_back(name, tensor.clone());
  }
  load_state_dict(*net, state, "old.pth");
  EXPECT_EQ(net->norm->num_batches_tracked.item<std::int64_t>(), 0);
}

}  // namespace
}  // namespace plexus
