#include <plexus/eval/overlap.hpp>

#include <cmath>
#include <stdexcept>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/random.hpp>

namespace plexus {
namespace {

TEST(Overlap, SharesOfSmallMasks) {
  const auto prediction = torch::tensor({0, 1, 1, 1, 2, 300}, torch::kInt),
             truth = torch::tensor({0, 1, 0, 1, 1, 300}, torch::kInt);
  const auto counts = overlaps(prediction, truth, {1, 2, 300, 7});
  EXPECT_EQ(counts[0].both, 2);
  EXPECT_EQ(counts[0].prediction_only, 1);
  EXPECT_EQ(counts[0].truth_only, 1);
  EXPECT_EQ(counts[0].neither, 2);
  EXPECT_DOUBLE_EQ(dice(counts[0]), 4.0 / 6);
  EXPECT_DOUBLE_EQ(jaccard(counts[0]), 2.0 / 4);
  EXPECT_DOUBLE_EQ(sensitivity(counts[0]), 2.0 / 3);
  EXPECT_DOUBLE_EQ(precision(counts[0]), 2.0 / 3);
  EXPECT_DOUBLE_EQ(specificity(counts[0]), 2.0 / 3);
  EXPECT_DOUBLE_EQ(relative_volume_difference(counts[0]), 0);
  EXPECT_DOUBLE_EQ(dice(counts[1]), 0);
  EXPECT_TRUE(std::isnan(relative_volume_difference(counts[1])));
  EXPECT_DOUBLE_EQ(dice(counts[2]), 1);
  EXPECT_TRUE(std::isnan(dice(counts[3])));
  EXPECT_DOUBLE_EQ(specificity(counts[3]), 1);
}

TEST(Overlap, CountsAsMasksDo) {
  Rng rng(3);
  const auto draw = [&](torch::ScalarType type) {
    auto label = torch::zeros({4, 5, 6}, torch::kLong);
    for (std::int64_t i = 0; i < label.numel(); ++i) label.mutable_data_ptr<std::int64_t>()[i] = rng.integer(-1, 4);
    return label.to(type);
  };
  const auto a = draw(torch::kShort), b = draw(torch::kLong);
  const std::vector<std::int64_t> ids{0, 1, 2, 3, -1};
  const auto counts = overlaps(a, b, ids);
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const auto p = a.eq(ids[k]), t = b.eq(ids[k]);
    EXPECT_EQ(counts[k].both, (p & t).sum().item<std::int64_t>());
    EXPECT_EQ(counts[k].prediction(), p.sum().item<std::int64_t>());
    EXPECT_EQ(counts[k].truth(), t.sum().item<std::int64_t>());
    EXPECT_EQ(counts[k].neither, (~p & ~t).sum().item<std::int64_t>());
  }
}

TEST(Overlap, RefusesOtherShapes) {
  EXPECT_THROW(overlaps(torch::zeros({2, 3}), torch::zeros({3, 2}), {1}), std::invalid_argument);
}

}  // namespace
}  // namespace plexus
