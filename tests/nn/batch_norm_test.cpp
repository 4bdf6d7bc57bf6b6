#include <plexus/nn/batch_norm.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace plexus {
namespace {

struct Net : torch::nn::Module {
  Net() : norm(std::make_shared<BatchNorm>(3)) {
    register_module("norm", norm);
    const at::NoGradGuard no_grad;
    norm->weight.uniform_(0.5, 2);
    norm->bias.normal_();
    norm->running_mean.normal_();
  }
  std::shared_ptr<BatchNorm> norm;
};

TEST(BatchNorm, ByImageIsTrainingWithBatchesOfOne) {
  torch::manual_seed(1);
  Net net;
  const auto x = torch::randn({4, 3, 5, 6});
  net.train();
  std::vector<at::Tensor> alone;
  for (std::int64_t i = 0; i < 4; ++i) alone.push_back(net.norm->forward(x.slice(0, i, i + 1)));
  net.eval();
  const auto before = net.norm->running_mean.clone();
  const NormScope scope(net, NormBy::image);
  EXPECT_TRUE(at::equal(net.norm->forward(x), at::cat(alone)));
  EXPECT_TRUE(at::equal(net.norm->running_mean, before));
}

TEST(BatchNorm, ByBatchIsTrainingButForTheRunningStatistics) {
  torch::manual_seed(1);
  Net net;
  const auto x = torch::randn({4, 3, 5, 6});
  at::Tensor by_batch;
  const auto before = net.norm->running_mean.clone();
  {
    const NormScope scope(net, NormBy::batch);
    by_batch = net.norm->forward(x);
  }
  EXPECT_TRUE(at::equal(net.norm->running_mean, before));
  EXPECT_EQ(net.norm->num_batches_tracked.item<std::int64_t>(), 0);
  net.train();
  EXPECT_TRUE(at::equal(by_batch, net.norm->forward(x)));
  EXPECT_FALSE(at::equal(net.norm->running_mean, before));
}

TEST(BatchNorm, ScopeGivesBackWhatWas) {
  Net net;
  {
    const NormScope outer(net, NormBy::image);
    const NormScope inner(net, NormBy::batch);
    EXPECT_EQ(net.norm->by, NormBy::batch);
  }
  EXPECT_EQ(net.norm->by, NormBy::mode);
}

}  // namespace
}  // namespace plexus
