#include "augment.hpp"

#include <set>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace plexus::diffrect {
namespace {

Sample slice(std::int64_t height = 54, std::int64_t width = 60) {
  Sample sample;
  sample.id = "patient001_slice_1";
  sample.fields["image"] = torch::arange(height * width, torch::kFloat).reshape({1, height, width}) / (height * width - 1);
  sample.fields["label"] = (torch::arange(height * width) % 4).to(torch::kByte).reshape({height, width});
  return sample;
}

PrepareSettings small_slice(bool eight_bit = true) {
  PrepareSettings settings;
  settings.patch_size = {32, 48};
  settings.eight_bit = eight_bit;
  return settings;
}

TEST(PrepareSlice, ResizesAndQuantises) {
  Rng rng(1);
  Sample sample = slice();
  PrepareSlice(small_slice()).apply(sample, rng);
  EXPECT_EQ(sample.fields["image"].sizes(), (torch::IntArrayRef{1, 32, 48}));
  EXPECT_EQ(sample.fields["image"].scalar_type(), torch::kByte);
  EXPECT_EQ(sample.fields["image"].max().item<int>(), 255);
  EXPECT_EQ(sample.fields["label"].sizes(), (torch::IntArrayRef{32, 48}));
  EXPECT_EQ(rng.next(), Rng(1).next());
}

TEST(PrepareSlice, TruncatesInsteadOfRounding) {
  Rng rng(1);
  Sample sample;
  sample.fields["image"] = torch::tensor({0.0F, 0.999F, 1.0F, -3.0F}).reshape({1, 2, 2});
  PrepareSettings settings;
  settings.patch_size = {2, 2};
  PrepareSlice(settings).apply(sample, rng);
  EXPECT_TRUE(torch::equal(sample.fields["image"].flatten(), torch::tensor({0, 254, 255, 0}, torch::kByte)));
  EXPECT_EQ(sample.fields.count("label"), 0u);
}

TEST(PrepareSlice, RefusesWhatIsNoSlice) {
  Rng rng(1);
  Sample volume = slice();
  volume.fields["image"] = torch::zeros({1, 4, 54, 60});
  EXPECT_THROW(PrepareSlice(small_slice()).apply(volume, rng), Error);
  Sample none;
  EXPECT_THROW(PrepareSlice(small_slice()).apply(none, rng), Error);
  Sample large = slice();
  large.fields["label"] = torch::full({54, 60}, 300, torch::kShort);
  EXPECT_THROW(PrepareSlice(small_slice()).apply(large, rng), Error);
}

TEST(PrepareSlice, OptionsRefuseBadSizes) {
  PrepareSettings settings;
  Options options;
  settings.declare(options);
  EXPECT_THROW(options.apply(Node::map({{"patch_size", Node::list({Node::scalar("64")})}}), "prepare"), Error);
}

TEST(AugmentChoices, AreRepeatableAndInRange) {
  std::set<int> angles;
  int left_right = 0, blurred = 0, rotated = 0, first_contrast = 0, drawn = 0;
  for (std::uint64_t k = 0; k < 4000; ++k) {
    Rng rng = Rng(7).fork(k), again = Rng(7).fork(k);
    const auto choices = draw_choices({}, rng), same = draw_choices({}, again);
    EXPECT_EQ(choices.rotate, same.rotate);
    EXPECT_EQ(choices.blur, same.blur);
    left_right += choices.flip_left_right;
    blurred += choices.blur.has_value();
    rotated += choices.rotate.has_value();
    if (choices.rotate) angles.insert(*choices.rotate);
    if (choices.blur) { EXPECT_TRUE(*choices.blur >= 0 && *choices.blur < 1); }
    ASSERT_EQ(choices.enhance.size(), 3u);
    first_contrast += choices.enhance[0].first == AugmentChoices::Enhancer::contrast;
    for (const auto& [enhancer, factor] : choices.enhance) {
      drawn += factor.has_value();
      if (factor) { EXPECT_TRUE(*factor >= 1 && *factor < 1.1); }
    }
  }
  EXPECT_NEAR(left_right, 2000, 150);
  EXPECT_NEAR(blurred, 2000, 150);
  EXPECT_NEAR(rotated, 2000, 150);
  EXPECT_NEAR(first_contrast, 4000 / 3, 150);
  EXPECT_NEAR(drawn, 6000, 200);
  EXPECT_EQ(*angles.begin(), 0);
  EXPECT_EQ(*angles.rbegin(), 358);  // as published, 359 never
}

TEST(AugmentChoices, SwitchesAndSmallAngles) {
  AugmentSettings settings;
  settings.no_flip = settings.no_color = settings.no_blur = true;
  settings.rot = 20;
  bool left = false, right = false;
  for (std::uint64_t k = 0; k < 500; ++k) {
    Rng rng = Rng(9).fork(k);
    const auto choices = draw_choices(settings, rng);
    EXPECT_TRUE(choices.enhance.empty());
    EXPECT_FALSE(choices.blur || choices.flip_left_right || choices.flip_up_down);
    if (!choices.rotate) continue;
    EXPECT_TRUE(*choices.rotate < 20 || *choices.rotate >= 340);
    left |= *choices.rotate >= 340;
    right |= *choices.rotate < 20;
  }
  EXPECT_TRUE(left && right);
}

TEST(Augment, GeometryIsSharedAndColourIsNot) {
  Rng rng(1);
  for (const bool eight_bit : {true, false}) {
    Sample sample = slice();
    PrepareSlice(small_slice(eight_bit)).apply(sample, rng);
    AugmentChoices choices;
    choices.flip_left_right = true;
    choices.rotate = 180;
    choices.enhance = {{AugmentChoices::Enhancer::brightness, 1.09}};
    const auto before = sample.fields["image"].clone();
    const auto made = augment(sample.fields["image"], sample.fields["label"], choices);
    EXPECT_TRUE(torch::equal(made.label, sample.fields["label"].flip({0})));
    const auto plain = eight_bit ? before.to(torch::kFloat).div(255.0F) : before;
    EXPECT_TRUE(torch::equal(made.image_weak, plain.flip({1})));
    EXPECT_TRUE((made.image_strong >= made.image_weak).all().item<bool>());
    EXPECT_GT((made.image_strong - made.image_weak).max().item<float>(), 0.05F);
    EXPECT_TRUE(torch::equal(before, sample.fields["image"]));  // may be the loader's cache
  }
}

TEST(Augment, BlackSlicesAreNotDivided) {
  const auto image = torch::tensor({0, 1, 1, 0}, torch::kByte).reshape({1, 2, 2});
  const auto made = augment(image, torch::zeros({2, 2}, torch::kByte), {});
  EXPECT_EQ(made.image_weak.max().item<float>(), 1);
  EXPECT_EQ(made.image_strong.max().item<float>(), 1);
}

TEST(Augment, MaskPicturesBecomeClasses) {
  const auto image = torch::zeros({1, 2, 2}, torch::kByte);
  const auto label = torch::tensor({0, 255, 254, 3}, torch::kByte).reshape({2, 2});
  EXPECT_TRUE(torch::equal(augment(image, label, {}).label.flatten(), torch::tensor({0, 1, 0, 0}, torch::kByte)));
}

TEST(AugmentSlice, LeavesTheFieldsOfTraining) {
  Sample sample = slice();
  Rng rng(4);
  PrepareSlice(small_slice()).apply(sample, rng);
  const Sample prepared = sample;
  const AugmentSlice transform;
  EXPECT_FALSE(transform.deterministic());
  transform.apply(sample, rng);
  EXPECT_EQ(sample.fields.count("image"), 0u);
  for (const auto* name : {"image_weak", "image_strong"}) {
    EXPECT_EQ(sample.fields.at(name).scalar_type(), torch::kFloat);
    EXPECT_EQ(sample.fields.at(name).sizes(), (torch::IntArrayRef{1, 32, 48}));
  }
  EXPECT_EQ(sample.fields.at("label").scalar_type(), torch::kByte);

  Sample unlabelled = prepared;
  unlabelled.fields.erase("label");
  transform.apply(unlabelled, rng);
  EXPECT_EQ(unlabelled.fields.at("label").sum().item<int>(), 0);
  Sample mixed = prepared;
  mixed.fields["label"] = torch::zeros({32, 32}, torch::kByte);
  EXPECT_THROW(transform.apply(mixed, rng), Error);
}

}  // namespace
}  // namespace plexus::diffrect
