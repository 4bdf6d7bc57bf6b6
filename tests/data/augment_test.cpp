#include <torch/torch.h>

#include <gtest/gtest.h>

#include <numbers>
#include <set>

#include <plexus/data/clahe.hpp>
#include <plexus/data/intensity_augment.hpp>
#include <plexus/data/patch.hpp>
#include <plexus/data/pollute.hpp>
#include <plexus/data/quantile_match.hpp>
#include <plexus/data/raster/resize.hpp>
#include <plexus/data/spatial_augment.hpp>
#include <plexus/data/stretch.hpp>
#include <plexus/data/strong_augment.hpp>
#include <plexus/data/vessel_augment.hpp>

namespace plexus {
namespace {

using Sizes = std::vector<std::int64_t>;

// The figures of these functions are checked by the parity cases; here is what the cases do not hold.

TEST(Patch, RoomIsMadeOnAllAxesWhereOneIsTooSmall) {
  const auto enough = patch_room({10, 9}, {8, 8}, 2);
  EXPECT_EQ(enough.margin, (Sizes{0, 0}));
  EXPECT_EQ(enough.bound, (Sizes{2, 1}));
  const auto padded = patch_room({8, 9, 20}, {8, 8, 8}, 1);
  EXPECT_EQ(padded.margin, (Sizes{1, 0, 0}));
  for (const auto bound : padded.bound) EXPECT_GE(bound, 1);
  EXPECT_EQ(middle_patch({11, 9}, {8, 8}), (Sizes{2, 0}));  // 1.5 and 0.5: to the even one
  EXPECT_THROW(patch_room({8}, {8, 8}, 1), std::invalid_argument);
}

TEST(StrongAugment, PicksAreDrawnWithoutReplacementAndReachEveryChange) {
  Rng rng(3);
  std::set<StrongChange> seen;
  for (int i = 0; i < 60; ++i) {
    const auto choices = draw_strong(3, 1, i % 2 == 0, rng);
    ASSERT_EQ(choices.size(), 3u);
    std::set<StrongChange> own;
    for (const auto& choice : choices) own.insert(choice.change);
    EXPECT_EQ(own.size(), 3u);
    seen.insert(own.begin(), own.end());
  }
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_TRUE(draw_strong(6, 0, false, rng).empty());
  EXPECT_THROW(strong_change("mirror"), std::invalid_argument);
}

TEST(SpatialAugment, NothingMovesByNothing) {
  const auto image = torch::rand({3, 7, 6});
  const auto label = torch::randint(0, 5, {3, 7, 6}, at::kByte);
  const auto turned = turned_planes({image, label}, 0);
  EXPECT_TRUE(torch::allclose(turned.image, image, 1e-5, 1e-5));
  EXPECT_TRUE(torch::equal(turned.label, label));
  EXPECT_TRUE(torch::equal(zoomed({image, label}, 1).image, image));
  EXPECT_TRUE(torch::allclose(turned_with_border(image, 0), image));
  EXPECT_FALSE(zoomed({image, {}}, 0.8).label.defined());
}

TEST(SpatialAugment, AQuarterTurnTurnsTheGrid) {
  const auto label = torch::arange(25, at::kByte).reshape({5, 5});
  const auto image = label.to(at::kFloat);
  const double quarter = std::numbers::pi / 2;
  // Output (y, x), centred, reads (x, -y): the middle is free of rounding at the border.
  const auto inner = [](const at::Tensor& of) { return of.slice(0, 1, 4).slice(1, 1, 4); };
  const auto turned = turned_planes({image, label}, quarter);
  EXPECT_TRUE(torch::allclose(inner(turned.image), inner(image.t().flip(0)), 1e-4, 1e-4));
  EXPECT_TRUE(torch::equal(inner(turned.label), inner(label.t().flip(0))));
}

TEST(IntensityAugment, MeanIsKeptByBlurAndContrast) {
  const auto image = torch::rand({4, 9, 8});
  EXPECT_NEAR(gaussian_blurred(image, 1).mean().item<float>(), image.mean().item<float>(), 1e-4);
  EXPECT_LT(gaussian_blurred(image, 1).std().item<float>(), image.std().item<float>() / 2);
  EXPECT_GE(contrast_changed(image, 1.3).min().item<float>(), image.min().item<float>());
  EXPECT_LE(contrast_changed(image, 1.3).max().item<float>(), image.max().item<float>());
  EXPECT_TRUE(gamma_changed(torch::full({3, 3}, 2.0F), 0.8).isfinite().all().item<bool>());
}

TEST(Stretch, IntegersAndNothing) {
  EXPECT_TRUE(torch::equal(stretched(torch::tensor({2, 3, 4}), 0, 1), torch::tensor({0.0F, 0.5F, 1.0F})));
  EXPECT_EQ(stretched(torch::empty({0, 4}), 0, 1).numel(), 0);
}

TEST(Clahe, RefusesWhatIsNoPlaneOfBytes) {
  EXPECT_THROW(clahe(torch::rand({4, 4}), 5, 8, 8), std::invalid_argument);
  EXPECT_THROW(clahe(torch::zeros({1, 4, 4}, at::kByte), 5, 8, 8), std::invalid_argument);
  EXPECT_EQ(clahe(torch::zeros({1, 1}, at::kByte), 5, 8, 8).sizes(), (Sizes{1, 1}));
  EXPECT_EQ(clahe(torch::zeros({0, 5}, at::kByte), 5, 8, 8).numel(), 0);
}

TEST(QuantileMatch, ADistributionMatchesItself) {
  const auto image = torch::rand({6, 7}, at::kDouble);
  EXPECT_TRUE(torch::allclose(quantile_matched(image, image), image));
  EXPECT_TRUE(torch::allclose(quantile_matched(image, image * 2 + 1), image * 2 + 1));
}

TEST(Pollute, TouchesOnlyWhatIsNamed) {
  const auto mask = torch::tensor({{0, 1, 0}, {1, 1, 0}});
  const std::vector<std::int64_t> background{2}, foreground{0};
  EXPECT_TRUE(torch::equal(polluted_mask(mask, background, foreground), torch::tensor({{0, 0, 0}, {1, 1, 1}}, at::kByte)));
  EXPECT_TRUE(torch::equal(polluted_mask(mask, {}, {}), mask.to(at::kByte)));
}

TEST(VesselAugment, StaysInTheUnitRange) {
  Rng rng(5);
  const auto image = torch::rand({1, 12, 13});
  for (int i = 0; i < 40; ++i) {
    const auto changed = vessel_augmented(image, draw_vessel_choices(rng), torch::randn({1, 12, 13}));
    EXPECT_GE(changed.min().item<float>(), 0);
    EXPECT_LE(changed.max().item<float>(), 1);
    EXPECT_EQ(changed.sizes(), image.sizes());
  }
}

TEST(Resize8Bit, KeepsSizesThatDoNotChangeAndRefusesReals) {
  const auto picture = torch::randint(0, 256, {3, 9, 7}, at::kByte);
  EXPECT_TRUE(torch::equal(raster::resize_8_bit(picture, 9, 7), picture));
  EXPECT_EQ(raster::resize_8_bit(picture, 4, 20).sizes(), (Sizes{3, 4, 20}));
  EXPECT_TRUE(torch::equal(raster::resize_8_bit(torch::full({5, 5}, 77, at::kByte), 3, 8), torch::full({3, 8}, 77, at::kByte)));
  EXPECT_THROW(raster::resize_8_bit(torch::rand({4, 4}), 2, 2), std::invalid_argument);
}

}  // namespace
}  // namespace plexus
