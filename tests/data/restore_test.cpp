#include <plexus/data/restore.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <plexus/data/volume.hpp>

#include "support/oblique_volume.hpp"
#include "support/shared_data.hpp"
#include "support/transforms.hpp"

namespace plexus {
namespace {

using test::list;
using test::made;
using test::text;

Sample scan(const Geometry& geometry) {
  Sample sample;
  sample.id = sample.case_id = "scan";
  sample.geometry = geometry;
  sample.fields["image"] = test::numbered_volume().unsqueeze(0);
  sample.fields["label"] = test::numbered_volume().remainder(3).to(at::kByte);
  return sample;
}

TEST(Restore, ChangesOfOrderAndExtentComeBackExactly) {
  for (const auto& geometry : {test::oblique_geometry(), test::sagittal_geometry()})
    for (const std::string code : {"RAS", "LPS", "PIR", "SRA"}) {
      const Sample before = scan(geometry);
      Sample sample = before;
      const Steps steps{made("reorient", {{"to", text(code)}}), made("pad", {{"size", list({"9", "4", "8"})}}),
                        made("crop_foreground", {{"above", text("-1")}}), made("zscore"),
                        made("label_map", {{"ids", Node::map({{"1", text("2")}, {"2", text("1")}})}})};
      Rng rng(0);
      prepare_sample(sample, steps, rng);
      ASSERT_NE(sample.fields["label"].sizes(), before.fields.at("label").sizes());
      // Predicting the label gives the file's own label back.
      const auto label = restore_label(sample.fields["label"], sample, steps);
      EXPECT_TRUE(torch::equal(label.to(at::kByte), before.fields.at("label"))) << code;
      const auto map = torch::stack({sample.fields["label"].eq(1), sample.fields["label"].eq(2)}).to(at::kFloat);
      const auto back = restore_map(map, sample);
      EXPECT_EQ(back.sizes(), (at::IntArrayRef{2, 5, 6, 7}));
      EXPECT_TRUE(torch::equal(back[1], before.fields.at("label").eq(1).to(at::kFloat)));
      EXPECT_EQ(as_source(sample).geometry.origin, before.geometry.origin);
      EXPECT_TRUE(as_source(sample).fields.empty());
    }
}

TEST(Restore, CutPartsAreBackground) {
  Sample sample = scan(test::oblique_geometry());
  const Steps steps{made("crop_box", {{"start", list({"1", "1", "1"})}, {"size", list({"2", "3", "4"})}})};
  Rng rng(0);
  prepare_sample(sample, steps, rng);
  const auto back = restore_label(torch::ones({2, 3, 4}, at::kLong), sample, steps);
  EXPECT_EQ(back.sizes(), (at::IntArrayRef{5, 6, 7}));
  EXPECT_EQ(back.sum().item<int>(), 24);
  EXPECT_EQ(back.slice(0, 1, 3).slice(1, 1, 4).slice(2, 1, 5).sum().item<int>(), 24);
}

TEST(Restore, TheFirstSourceStaysAndNoneIsNeeded) {
  Sample sample = scan(test::oblique_geometry());
  const Steps crop{made("crop_box", {{"start", list({"1", "1", "1"})}, {"size", list({"3", "3", "4"})}})};
  const auto alone = torch::rand({2, 2});
  EXPECT_TRUE(restore_map(alone, sample).is_same(alone));
  Rng rng(0);
  prepare_sample(sample, {}, rng);
  EXPECT_EQ(sample.source, nullptr);
  prepare_sample(sample, crop, rng);
  prepare_sample(sample, {made("center_crop", {{"size", list({"2", "2"})}})}, rng);
  ASSERT_NE(sample.source, nullptr);
  EXPECT_EQ(sample.source->size, (std::vector<std::int64_t>{5, 6, 7}));
}

TEST(Restore, Planes) {
  Sample sample;
  sample.fields["image"] = torch::arange(12, at::kFloat).view({1, 3, 4});
  const Steps steps{made("center_crop", {{"size", list({"5", "2"})}})};
  Rng rng(0);
  prepare_sample(sample, steps, rng);
  EXPECT_EQ(sample.fields["image"].sizes(), (at::IntArrayRef{1, 5, 2}));
  const auto back = restore_map(sample.fields["image"], sample);
  EXPECT_EQ(back.sizes(), (at::IntArrayRef{1, 3, 4}));
  EXPECT_TRUE(torch::equal(back.slice(2, 1, 3), torch::arange(12, at::kFloat).view({1, 3, 4}).slice(2, 1, 3)));
  EXPECT_EQ(restore_label(torch::ones({5, 2}, at::kLong), sample, steps).sizes(), (at::IntArrayRef{3, 4}));
}

TEST(Restore, ResampledLabelsOverlapWithTheirOwn) {
  // A real scan and its 208 labels: to another orientation and spacing, cropped, and back.
  PLEXUS_NEEDS_SHARED("data/nifti");
  const auto volume = read_volume(shared_path / "icbm_t1.nii.gz");
  Sample sample;
  sample.id = "icbm";
  sample.geometry = volume.geometry;
  sample.fields["image"] = volume.data.to(at::kFloat);
  const auto truth = read_volume(shared_path / "icbm_t1_labels.nii.gz").data[0].to(at::kLong).gt(0).to(at::kLong) * 77;
  sample.fields["label"] = truth;
  const Steps steps{made("reorient", {{"to", text("PSR")}}), made("resample", {{"spacing", list({"0.8", "0.9", "0.7"})}}),
                    made("crop_foreground"), made("label_map", {{"ids", Node::map({{"77", text("1")}})}})};
  Rng rng(0);
  prepare_sample(sample, steps, rng);
  EXPECT_EQ(sample.fields["label"].max().item<int>(), 1);
  const auto back = restore_label(sample.fields["label"].to(at::kLong), sample, steps);
  ASSERT_EQ(back.sizes(), truth.sizes());
  const double both = back.eq(77).logical_and(truth.eq(77)).sum().item<double>();
  const double dice = 2 * both / (back.eq(77).sum().item<double>() + truth.eq(77).sum().item<double>());
  EXPECT_GT(dice, 0.99);
  EXPECT_EQ(back.ne(0).sum().item<int>(), back.eq(77).sum().item<int>());
}

}  // namespace
}  // namespace plexus
