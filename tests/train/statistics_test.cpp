#include <plexus/train/statistics.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace {

plexus::Network network(const std::string& name, torch::nn::BatchNorm2d& norm) { return {name, norm.ptr()}; }

TEST(BatchStatistics, AveragesEquallyAndGivesBackWhatWas) {
  torch::nn::BatchNorm2d norm(1);
  norm->running_mean.fill_(5);
  norm->num_batches_tracked.fill_(9);
  {
    plexus::BatchStatistics statistics({network("a", norm)});
    ASSERT_FALSE(statistics.empty());
    statistics.begin();
    const torch::NoGradGuard no_grad;
    for (const double value : {1.0, 2.0, 6.0}) norm(torch::full({2, 1, 4, 4}, value));
    statistics.end({"a"});
    EXPECT_NEAR(norm->running_mean.item<double>(), 3, 1e-6);
    EXPECT_EQ(norm->num_batches_tracked.item<int>(), 3);
    EXPECT_EQ(norm->options.momentum(), 0.1);
  }
  EXPECT_EQ(norm->running_mean.item<double>(), 5);
  EXPECT_EQ(norm->num_batches_tracked.item<int>(), 9);
}

TEST(BatchStatistics, NetworksThatAreNotRefreshedKeepTheirs) {
  torch::nn::BatchNorm2d one(1), two(1);
  two->running_mean.fill_(7);
  plexus::BatchStatistics statistics({network("one", one), network("two", two)});
  statistics.begin();
  EXPECT_EQ(two->running_mean.item<double>(), 0);
  statistics.end({"one"});
  EXPECT_EQ(two->running_mean.item<double>(), 7);
}

TEST(BatchStatistics, LayersThatSawNoBatchKeepTheirs) {
  torch::nn::BatchNorm2d used(1), unused(1);
  unused->running_mean.fill_(7);
  torch::nn::Sequential both(used, unused);
  plexus::BatchStatistics statistics({{"both", both.ptr()}});
  statistics.begin();
  used(torch::full({2, 1, 4, 4}, 3.0));
  statistics.end({"both"});
  EXPECT_EQ(used->running_mean.item<double>(), 3);
  EXPECT_EQ(unused->running_mean.item<double>(), 7);
}

TEST(BatchStatistics, FrozenNetworksAndStatelessLayersAreLeftAlone) {
  torch::nn::BatchNorm2d frozen(1), plain(torch::nn::BatchNorm2dOptions(1).track_running_stats(false));
  auto still = network("frozen", frozen);
  still.role = plexus::Network::Role::frozen;
  EXPECT_TRUE(plexus::BatchStatistics({still, network("plain", plain)}).empty());
}

}  // namespace
