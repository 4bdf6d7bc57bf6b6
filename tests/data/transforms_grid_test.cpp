#include <torch/torch.h>

#include <gtest/gtest.h>

#include <cmath>

#include <plexus/data/affine.hpp>
#include <plexus/data/geometry.hpp>

#include "support/expect_error.hpp"
#include "support/oblique_volume.hpp"
#include "support/transforms.hpp"

namespace plexus {
namespace {

using test::applied;
using test::list;
using test::made;
using test::text;

Sample scan(const Geometry& geometry = test::oblique_geometry()) {
  Sample sample;
  sample.id = sample.case_id = "scan";
  sample.geometry = geometry;
  sample.fields["image"] = test::numbered_volume().unsqueeze(0);
  sample.fields["label"] = test::numbered_volume().to(at::kByte);
  return sample;
}

// Its voxels are 100 + x + 2 y + 3 z of the patient, in mm: wherever a step puts them, geometry must give the same.
Sample place_coded(std::vector<std::int64_t> size = {9, 10, 11}) {
  Sample sample = scan();
  const auto image = torch::empty({1, size[0], size[1], size[2]});
  for (std::int64_t k = 0; k < size[0]; ++k)
    for (std::int64_t j = 0; j < size[1]; ++j)
      for (std::int64_t i = 0; i < size[2]; ++i) {
        const Point at = world_of(sample.geometry, {double(i), double(j), double(k)});
        image[0][k][j][i] = 100 + at[0] + 2 * at[1] + 3 * at[2];
      }
  sample.fields["image"] = image;
  sample.fields["label"] = image[0].gt(100).to(at::kByte);
  return sample;
}
// Voxels that are not at the border (`rim` voxels wide) or 0 padding.
void expect_true_places(const Sample& sample, std::int64_t rim, const std::string& what) {
  const auto image = sample.fields.at("image")[0];
  const auto label = sample.fields.at("label");
  ASSERT_EQ(label.sizes(), image.sizes()) << what;
  std::int64_t seen = 0;
  for (std::int64_t k = rim; k < image.size(0) - rim; ++k)
    for (std::int64_t j = rim; j < image.size(1) - rim; ++j)
      for (std::int64_t i = rim; i < image.size(2) - rim; ++i) {
        const float value = image[k][j][i].item<float>();
        if (value == 0) continue;
        const Point at = world_of(sample.geometry, {double(i), double(j), double(k)});
        ASSERT_NEAR(value, 100 + at[0] + 2 * at[1] + 3 * at[2], 2e-3) << what << " at " << i << ' ' << j << ' ' << k;
        ++seen;
      }
  EXPECT_GT(seen, 20) << what;
}

TEST(GridSteps, EveryStepLeavesVoxelsAtTheirPlace) {
  const auto all = {
      std::pair{made("reorient", {{"to", text("SPR")}}), 0},
      std::pair{made("resample", {{"spacing", list({"0.7", "1.1", "3"})}}), 2},
      std::pair{made("resample", {{"spacing", text("1.2")}, {"align", text("edges")}}), 2},
      std::pair{made("resample", {{"spacing", text("1.2")}, {"align", text("center")}}), 2},
      std::pair{made("resample", {{"size", list({"12", "7", "14"})}}), 2},
      std::pair{made("resize", {{"size", list({"12", "7", "14"})}, {"image", text("linear")}}), 0},
      std::pair{made("pad", {{"multiple", text("8")}}), 0},
      std::pair{made("crop_box", {{"start", list({"1", "2", "3"})}, {"size", list({"6", "5", "7"})}}), 0},
      std::pair{made("crop_foreground", {{"above", text("160")}, {"margin", list({"1", "0", "1"})}}), 0},
      std::pair{made("crop_label"), 0},
      std::pair{made("center_crop", {{"size", list({"6", "12"})}}), 0},
  };
  int number = 0;
  for (const auto& [step, rim] : all)
    expect_true_places(applied(*step, place_coded()), rim, "step " + std::to_string(number++));
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    expect_true_places(applied(*made("random_crop", {{"size", list({"4", "12", "5"})}}), place_coded(), seed), 0,
                       "random_crop");
    expect_true_places(applied(*made("random_flip", {{"axes", list({"x", "y", "z"})}}), place_coded(), seed), 0, "random_flip");
    expect_true_places(applied(*made("random_rotate90"), place_coded({4, 7, 7}), seed), 0, "random_rotate90");
  }
}

// Figures: nibabel 5.4, as_reoriented, on the same two grids.
void expect_reoriented(const Geometry& from, const std::string& code, const std::vector<double>& affine, at::IntArrayRef size,
                       const std::vector<float>& values) {
  const auto out = applied(*made("reorient", {{"to", text(code)}}), scan(from));
  const auto image = out.fields.at("image")[0];
  EXPECT_EQ(axis_code(out.geometry), code);
  EXPECT_EQ(image.sizes(), size) << code;
  const auto now = ras_affine(out.geometry);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(now[i], affine[i], 1e-5) << code << i;
  // At (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1) and the last voxel.
  EXPECT_EQ(image[0][0][0].item<float>(), values[0]);
  EXPECT_EQ(image[0][0][1].item<float>(), values[1]);
  EXPECT_EQ(image[0][1][0].item<float>(), values[2]);
  EXPECT_EQ(image[1][0][0].item<float>(), values[3]);
  EXPECT_EQ(image[-1][-1][-1].item<float>(), values[4]);
  EXPECT_TRUE(torch::equal(out.fields.at("label").to(at::kFloat), image));
}

TEST(GridSteps, ReorientsAsNibabel) {
  EXPECT_EQ(axis_code(test::oblique_geometry()), "LPS");
  EXPECT_EQ(axis_code(test::sagittal_geometry()), "AIL");
  expect_reoriented(test::oblique_geometry(), "RAS",
                    {0.77408, -0.662397, 0.062204, 10.667503, 0.422882, 1.053311, 0.875841, -15.303847, -0.178802, -0.376518,
                     2.340733, 32.955406},
                    {5, 6, 7}, {38, 16, 7, 22, 10});
  expect_reoriented(test::oblique_geometry(), "LPI",
                    {-0.77408, 0.662397, -0.062204, 12.248818, -0.422882, -1.053311, -0.875841, -3.996635, 0.178802, 0.376518,
                     -2.340733, 39.362934},
                    {5, 6, 7}, {10, 21, 43, 34, 38});
  expect_reoriented(test::oblique_geometry(), "SRA",
                    {0.062204, 0.77408, -0.662397, 10.667503, 0.875841, 0.422882, 1.053311, -15.303847, 2.340733, -0.178802,
                     -0.376518, 32.955406},
                    {6, 7, 5}, {38, 22, 16, 7, 10});
  expect_reoriented(test::oblique_geometry(), "PIR",
                    {0.662397, -0.062204, 0.77408, 7.604335, -1.053311, -0.875841, 0.422882, -6.533928, 0.376518, -2.340733,
                     -0.178802, 40.435748},
                    {7, 5, 6}, {37, 35, 25, 39, 12});
  expect_reoriented(test::sagittal_geometry(), "RAS",
                    {2.437926, 0.178802, 0.127196, -15.387685, -0.451345, 0.872155, -0.218793, -3.100651, -0.320632, 0.131813,
                     1.275128, 1.90689},
                    {6, 7, 5}, {16, 15, 42, 36, 42});
}

TEST(GridSteps, ReorientNeedsAnOrientation) {
  for (const std::string wrong : {"RAR", "RA", "ras", "XYZ", ""})
    EXPECT_THROW(made("reorient", {{"to", text(wrong)}}), Error) << wrong;
  auto unknown = scan();
  unknown.geometry = Geometry();
  test::expect_error(ErrorKind::data, {"scan", "no orientation"}, [&] { applied(*made("reorient"), unknown); });
  // A plane can be turned within itself alone.
  Sample plane = scan();
  plane.fields["image"] = torch::rand({1, 6, 7});
  plane.fields.erase("label");
  EXPECT_EQ(applied(*made("reorient", {{"to", text("RAS")}}), plane).fields["image"].sizes(), (at::IntArrayRef{1, 6, 7}));
  EXPECT_EQ(applied(*made("reorient", {{"to", text("ARS")}}), plane).fields["image"].sizes(), (at::IntArrayRef{1, 7, 6}));
  test::expect_error(ErrorKind::data, {"plane"}, [&] { applied(*made("reorient", {{"to", text("SAR")}}), plane); });
}

// Figures: MONAI 1.6 Spacing (bilinear) and TorchIO 1.2 Resample (linear), all else by default.
void expect_resampled(const Geometry& from, const std::string& align, const std::string& spacing, at::IntArrayRef size,
                      const std::vector<double>& origin, const std::vector<float>& values, double sum) {
  const auto out = applied(*made("resample", {{"spacing", text(spacing)}, {"align", text(align)}}), scan(from));
  const auto image = out.fields.at("image")[0];
  ASSERT_EQ(image.sizes(), size) << align << spacing;
  const auto affine = ras_affine(out.geometry);
  for (std::size_t row = 0; row < 3; ++row) EXPECT_NEAR(affine[4 * row + 3], origin[row], 1e-4) << align << spacing;
  EXPECT_NEAR(image[0][0][0].item<float>(), values[0], 1e-3);
  EXPECT_NEAR(image[1][2][1].item<float>(), values[1], 1e-3);
  EXPECT_NEAR(image[-1][-1][-1].item<float>(), values[2], 1e-3);
  EXPECT_NEAR(image.sum(at::kDouble).item<double>(), sum, 1e-5 * sum);
}

TEST(GridSteps, ResamplesAsThePeersDo) {
  Geometry straight = test::oblique_geometry();
  straight.direction = {-1, 0, 0, 0, -1, 0, 0, 0, 1};
  for (auto& one : straight.spacing) one = static_cast<float>(one);  // as a NIfTI header gives them
  expect_resampled(straight, "origin", "1", {11, 7, 6}, {12, -7.5, 30}, {0, 26.9162F, 22.5043F}, 11821.1973);
  expect_resampled(straight, "origin", "2", {6, 4, 4}, {12, -7.5, 30}, {0, 19.359F, 27.7692F}, 2384.3179);
  const auto oblique = test::oblique_geometry();
  expect_resampled(oblique, "center", "1", {12, 7, 6}, {11.94293, -7.9717, 29.64399}, {4.1838F, 36.0872F, 24.6239F},
                   12897.1748);
  expect_resampled(oblique, "center", "2", {6, 3, 3}, {12.03486, -8.84171, 30.50111}, {20.188F, 8.0F, 21.0556F}, 1256.0154);
}

TEST(GridSteps, ResampleKeepsWhatItIsToldTo) {
  auto out = applied(*made("resample", {{"spacing", list({"0", "0", "1.25"})}, {"image", text("nearest")}}), scan());
  EXPECT_EQ(out.fields["image"].sizes(), (at::IntArrayRef{1, 9, 6, 7}));
  EXPECT_TRUE(torch::equal(out.fields["image"].slice(1, 0, 9, 2), scan().fields["image"]));
  EXPECT_TRUE(torch::equal(out.fields["label"].to(at::kFloat), out.fields["image"][0]));
  EXPECT_EQ(out.geometry.origin, scan().geometry.origin);
  EXPECT_EQ(out.geometry.spacing, (std::array<double, 3>{0.9, 1.3, 1.25}));
  // Of one plane no distance is made; a picture has two axes.
  Sample plane = scan();
  plane.fields["image"] = torch::rand({2, 6, 7});
  plane.fields["label"] = torch::zeros({6, 7}, at::kByte);
  out = applied(*made("resample", {{"spacing", text("0.45")}}), plane);
  EXPECT_EQ(out.fields["image"].sizes(), (at::IntArrayRef{2, 15, 13}));
  EXPECT_EQ(out.fields["label"].sizes(), (at::IntArrayRef{15, 13}));
  EXPECT_EQ(out.geometry.spacing[2], 2.5);
  test::expect_error(ErrorKind::data, {"scan", "1e-07 mm"}, [&] {
    applied(*made("resample", {{"spacing", text("0.0000001")}}), scan());
  });
  for (const std::string wrong : {"-1", "nan", "inf"})
    EXPECT_THROW(made("resample", {{"spacing", text(wrong)}}), Error) << wrong;
  EXPECT_THROW(made("resample"), Error);
  EXPECT_THROW(made("resample", {{"spacing", text("1")}, {"size", list({"4", "4"})}}), Error);
}

TEST(GridSteps, LabelsStayLabels) {
  for (const std::string how : {"nearest", "linear"}) {
    auto sample = scan();
    sample.fields["label"] = sample.fields["label"].remainder(3) * 100;
    const auto out = applied(*made("resample", {{"spacing", text("0.6")}, {"label", text(how)}}), sample);
    EXPECT_EQ(out.fields.at("label").scalar_type(), at::kByte);
    EXPECT_TRUE(out.fields.at("label").remainder(100).eq(0).all().item<bool>());
    EXPECT_GT(out.fields.at("label").eq(100).sum().item<int>(), 100);
  }
}

TEST(GridSteps, PadsAndCrops) {
  auto out = applied(*made("pad", {{"size", list({"8", "6"})}, {"value", text("-5")}}), scan());
  EXPECT_EQ(out.fields["image"].sizes(), (at::IntArrayRef{1, 5, 8, 7}));
  EXPECT_EQ(out.fields["image"][0][0][0][0].item<float>(), -5);
  EXPECT_EQ(out.fields["label"][0][0][0].item<int>(), 0);
  out = applied(*made("pad", {{"multiple", list({"4", "4", "3"})}}), scan());
  EXPECT_EQ(out.fields["image"].sizes(), (at::IntArrayRef{1, 8, 8, 9}));
  EXPECT_EQ(
      out.fields["image"].slice(1, 1, 6).slice(2, 1, 7).slice(3, 1, 8).sub(scan().fields["image"]).abs().sum().item<float>(),
      0);

  auto sample = scan();
  sample.fields["image"].zero_();
  sample.fields["image"][0][3][2][4] = 9;
  sample.fields["image"][0][1][2][5] = 8;
  out = applied(*made("crop_foreground"), sample);
  EXPECT_EQ(out.fields["image"].sizes(), (at::IntArrayRef{1, 3, 1, 2}));
  EXPECT_EQ(out.fields["image"][0][2][0][0].item<float>(), 9);
  out = applied(*made("crop_foreground", {{"margin", text("2")}}), sample);  // as far as the grid goes
  EXPECT_EQ(out.fields["label"].sizes(), (at::IntArrayRef{5, 5, 5}));
  out = applied(*made("crop_foreground", {{"above", text("50")}}), sample);
  EXPECT_EQ(out.fields["image"].sizes(), (at::IntArrayRef{1, 5, 6, 7}));
  EXPECT_THROW(applied(*made("crop_foreground", {{"margin", list({"1", "1"})}}), sample), Error);

  sample.fields["label"].zero_();
  sample.fields["label"][4][5][6] = 2;
  sample.fields["label"][0][0][0] = 1;
  out = applied(*made("crop_label", {{"ids", list({"2"})}, {"margin", list({"1", "2", "0"})}}), sample);
  EXPECT_EQ(out.fields["label"].sizes(), (at::IntArrayRef{2, 3, 1}));
  sample.fields.erase("label");
  EXPECT_EQ(applied(*made("crop_label"), sample).fields["image"].sizes(), (at::IntArrayRef{1, 5, 6, 7}));

  test::expect_error(ErrorKind::data, {"scan", "5 x 6 x 7"}, [&] {
    applied(*made("crop_box", {{"start", list({"1", "1", "1"})}, {"size", list({"5", "2", "2"})}}), scan());
  });
}

TEST(GridSteps, SharedMemoryIsNotChanged) {
  // A data set may keep the tensors that it gave.
  const auto kept = scan();
  const auto before = kept.fields.at("image").clone();
  for (const std::string name : {"zscore", "clip_percentile", "scale_percentile"}) applied(*made(name), kept);
  applied(*made("clip", {{"high", text("3")}}), kept);
  EXPECT_TRUE(torch::equal(kept.fields.at("image"), before));
  Sample view = kept;
  view.fields["image"] = kept.fields.at("image").narrow(1, 0, 2);
  applied(*made("zscore"), std::move(view));
  EXPECT_TRUE(torch::equal(kept.fields.at("image"), before));
}

}  // namespace
}  // namespace plexus
