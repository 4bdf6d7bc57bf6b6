#include "scores.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fusion.hpp"
#include "threshold_metric.hpp"

namespace plexus::medsegdiff {
namespace {

TEST(ThresholdScores, HalfOverlapAtEachThreshold) {
  auto p = torch::zeros({1, 1, 2, 4}), g = torch::zeros({1, 1, 2, 4});
  p.slice(3, 0, 2).fill_(1);
  g.slice(3, 1, 3).fill_(1);
  const auto scores = threshold_scores(p, g);
  EXPECT_NEAR(scores.iou[0], 1.0 / 3, 1e-5);
  EXPECT_NEAR(scores.dice[0], 0.5, 1e-4);
}

TEST(ThresholdScores, ASoftScoreCountsBelowItsHeight) {
  const auto g = torch::ones({1, 1, 2, 2});
  EXPECT_NEAR(threshold_scores(g * 0.6, g).dice[0], 0.6, 1e-4);  // above 0.1, 0.3 and 0.5 of five
}

TEST(GreyPair, BlackStaysBlack) {
  const auto pair = grey_pair(torch::zeros({4, 4}, at::kByte), torch::zeros({8, 8}, at::kByte), 4);
  EXPECT_EQ(pair.prediction.max().item<double>(), 0);
  EXPECT_EQ(pair.truth.sizes(), at::IntArrayRef({1, 1, 4, 4}));
}

TEST(ThresholdMetric, GivesAFigureOfEachClass) {
  DataInfo info;
  info.labels = {{0, "background"}, {1, "lesion"}};
  const ThresholdOverlap metric({}, info);
  Prediction prediction;
  prediction.fields["score"] = torch::full({1, 3, 4, 4}, 0.2);
  Sample truth;
  truth.fields["label"] = torch::ones({3, 4, 4}, at::kByte);
  const auto all = metric.measure(prediction, truth);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NEAR(all[1].value, 1, 1e-4);  // divided by its maximum
  prediction.fields.clear();
  EXPECT_THROW(metric.measure(prediction, truth), std::exception);
}

TEST(Fusion, MixesByTheSoftDice) {
  const auto calibration = torch::full({1, 1, 2, 2}, 0.8), sample = torch::full({1, 1, 2, 2}, 0.4);
  EXPECT_NEAR(soft_dice(sample, calibration), 1.6 / 1.8, 1e-6);
  EXPECT_NEAR(mixed_with_calibration(sample, calibration).max().item<double>(), 0.6, 1e-6);
  EXPECT_NEAR(mixed_with_calibration(-sample, calibration).max().item<double>(), 0.7, 1e-6);
  const auto nothing = torch::zeros({1, 1, 2, 2});
  EXPECT_TRUE(std::isnan(soft_dice(nothing, nothing)));
  EXPECT_EQ(mixed_with_calibration(nothing, nothing).max().item<double>(), 0);
}

TEST(Fusion, PicturesAreHeldInRange) {
  const auto picture = published_picture(torch::tensor({{-1.0, 0.5, 2.0}}));
  EXPECT_EQ(picture.sizes(), at::IntArrayRef({3, 1, 3}));
  EXPECT_EQ(picture[0][0][0].item<int>(), 0);
  EXPECT_EQ(picture[1][0][1].item<int>(), 128);
  EXPECT_EQ(picture[2][0][2].item<int>(), 255);
}

}  // namespace
}  // namespace plexus::medsegdiff
