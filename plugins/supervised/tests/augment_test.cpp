#include "augment.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace plexus::supervised {
namespace {

Sample sample() {
  Sample made;
  made.id = "case";
  const auto label = torch::arange(64).view({8, 8}).to(at::kLong);
  made.fields = {{"image", (label.to(at::kFloat) / 64).unsqueeze(0)}, {"label", label}};
  return made;
}

TEST(SupervisedAugment, ImageAndLabelMoveTogether) {
  const Augment augment({.patch_size = {}});
  bool moved = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto changed = sample();
    Rng rng(seed);
    augment.apply(changed, rng);
    EXPECT_TRUE(at::equal((changed.fields["image"][0] * 64).to(at::kLong), changed.fields["label"]));
    EXPECT_TRUE(changed.fields["image"].is_contiguous());
    moved = moved || !at::equal(changed.fields["label"], sample().fields["label"]);
  }
  EXPECT_TRUE(moved);
}

TEST(SupervisedAugment, AnEqualStreamRepeatsIt) {
  const Augment augment({.patch_size = {16, 16}});
  auto first = sample(), second = sample();
  Rng one(7), two(7);
  augment.apply(first, one);
  augment.apply(second, two);
  EXPECT_TRUE(at::equal(first.fields["image"], second.fields["image"]));
  EXPECT_EQ(first.fields["image"].sizes(), at::IntArrayRef({1, 16, 16}));
  EXPECT_EQ(first.fields["label"].sizes(), at::IntArrayRef({16, 16}));
}

TEST(SupervisedAugment, ScalesLargeValues) {
  auto large = sample();
  large.fields["image"] = large.fields["image"] * 5000;
  Rng rng(1);
  Augment({.patch_size = {}}).apply(large, rng);
  EXPECT_LE(large.fields["image"].max().item<double>(), 1);
}

TEST(SupervisedAugment, RefusesSizesOfAnotherDimension) {
  auto flat = sample();
  Rng rng(1);
  EXPECT_THROW(Augment({.patch_size = {4, 16, 16}}).apply(flat, rng), Error);
}

}  // namespace
}  // namespace plexus::supervised
