#include <plexus/data/transforms/builtin.hpp>

#include <torch/torch.h>

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "support/expect_error.hpp"
#include "support/transforms.hpp"

namespace plexus {
namespace {

using test::applied;
using test::list;
using test::made;
using test::text;

Sample plane(std::int64_t h, std::int64_t w) {
  Sample sample;
  sample.id = "p";
  sample.fields["image"] = torch::arange(h * w, at::kFloat).reshape({1, h, w});
  sample.fields["label"] = torch::arange(h * w).reshape({h, w}).remainder(5).to(at::kByte);
  return sample;
}
bool aligned(const Sample& sample) {  // the label is still that of its pixel
  return torch::equal(sample.fields.at("image")[0].remainder(5).to(at::kByte), sample.fields.at("label"));
}

TEST(Transforms, MinMaxScalesOnlyWhatIsAboveOne) {
  const auto scaled = applied(*made("min_max"), plane(4, 5)).fields["image"];
  EXPECT_EQ(scaled.min().item<float>(), 0);
  EXPECT_NEAR(scaled.max().item<float>(), 1, 1e-6);
  auto small = plane(4, 5);
  small.fields["image"] = small.fields["image"] / 100 + 0.2;
  EXPECT_TRUE(torch::equal(applied(*made("min_max"), small).fields["image"], small.fields["image"]));
  const auto always = applied(*made("min_max", {{"always", text("true")}}), small).fields["image"];
  EXPECT_NEAR(always.max().item<float>(), 1, 1e-6);
}

TEST(Transforms, ZscoreOfEachChannel) {
  auto sample = plane(4, 5);
  sample.fields["image"] = torch::stack({sample.fields["image"][0], sample.fields["image"][0] * 7 + 3});
  const auto image = applied(*made("zscore"), sample).fields["image"];
  for (int c = 0; c < 2; ++c) {
    EXPECT_NEAR(image[c].mean().item<float>(), 0, 1e-6);
    EXPECT_NEAR(image[c].std(false).item<float>(), 1, 1e-5);
  }
  auto constant = plane(4, 5);
  constant.fields["image"].fill_(3);
  EXPECT_TRUE(torch::isfinite(applied(*made("zscore"), constant).fields["image"]).all().item<bool>());
  const auto nonzero = applied(*made("zscore", {{"nonzero", text("true")}}), plane(4, 5)).fields["image"].flatten();
  EXPECT_EQ(nonzero[0].item<float>(), 0);
  EXPECT_NEAR(nonzero.slice(0, 1).mean().item<float>(), 0, 1e-6);
}

TEST(Transforms, ClipPercentileInterpolatesRanks) {
  Sample sample;
  sample.fields["image"] = torch::arange(101, at::kFloat).reshape({1, 1, 101}).flip(2);
  const auto image = applied(*made("clip_percentile", {{"low", text("2.5")}, {"high", text("90")}}), sample).fields["image"];
  EXPECT_EQ(image.min().item<float>(), 2.5);
  EXPECT_EQ(image.max().item<float>(), 90);
  EXPECT_THROW(made("clip_percentile", {{"low", text("60")}, {"high", text("40")}}), Error);
}

TEST(Transforms, WindowClipsToTheUnitRange) {
  auto sample = plane(1, 5);
  const auto image = applied(*made("window", {{"low", text("1")}, {"high", text("3")}}), sample).fields["image"];
  EXPECT_TRUE(torch::equal(image.flatten(), torch::tensor({0.F, 0.F, 0.5F, 1.F, 1.F})));
  EXPECT_THROW(made("window", {{"low", text("3")}, {"high", text("1")}}), Error);
  EXPECT_THROW(made("window", {{"low", text("3")}}), Error);
}

TEST(Transforms, ResizeKeepsCornersAndMillimetres) {
  auto sample = plane(5, 9);
  sample.geometry.spacing = {2, 3, 10};
  for (const std::string how : {"nearest", "linear"}) {
    const auto out = applied(*made("resize", {{"size", list({"9", "17"})}, {"image", text(how)}}), sample);
    const auto& image = out.fields.at("image");
    EXPECT_EQ(image.sizes(), (at::IntArrayRef{1, 9, 17}));
    EXPECT_EQ(out.fields.at("label").sizes(), (at::IntArrayRef{9, 17}));
    EXPECT_EQ(image[0][8][16].item<float>(), 44);
    EXPECT_EQ(out.geometry.spacing, (std::array<double, 3>{1, 1.5, 10}));
    if (how == "nearest")
      EXPECT_TRUE(aligned(out));
    else
      EXPECT_NEAR(image[0][0][1].item<float>(), 0.5, 1e-5);
  }
}

TEST(Transforms, ResizeInPlaneLeavesTheDepth) {
  Sample sample;
  sample.fields["image"] = torch::rand({1, 7, 4, 4});
  sample.fields["label"] = torch::zeros({7, 4, 4}, at::kByte);
  const auto out = applied(*made("resize", {{"size", list({"8", "6"})}}), sample);
  EXPECT_EQ(out.fields.at("image").sizes(), (at::IntArrayRef{1, 7, 8, 6}));
  EXPECT_EQ(out.fields.at("label").sizes(), (at::IntArrayRef{7, 8, 6}));
  test::expect_error(ErrorKind::data, {"p", "3 sizes"}, [] {
    applied(*made("resize", {{"size", list({"2", "2", "2"})}}), plane(4, 4));
  });
}

TEST(Transforms, CenterCropMovesTheOriginAndPads) {
  auto sample = plane(6, 8);
  sample.geometry.spacing = {2, 3, 10};
  auto out = applied(*made("center_crop", {{"size", list({"4", "4"})}}), sample);
  EXPECT_TRUE(aligned(out));
  EXPECT_EQ(out.fields["image"][0][0][0].item<float>(), 10);
  EXPECT_EQ(out.geometry.origin, (std::array<double, 3>{4, 3, 0}));
  out = applied(*made("center_crop", {{"size", list({"8", "8"})}}), sample);
  EXPECT_EQ(out.fields["image"].sizes(), (at::IntArrayRef{1, 8, 8}));
  EXPECT_EQ(out.fields["image"][0][1][1].item<float>(), 1);
  EXPECT_EQ(out.fields["image"][0][0].sum().item<float>(), 0);
  EXPECT_EQ(out.geometry.origin, (std::array<double, 3>{0, -3, 0}));
}

TEST(Transforms, RandomCropReachesEveryPlace) {
  const auto crop = made("random_crop", {{"size", list({"3", "3"})}});
  std::set<float> corners;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto out = applied(*crop, plane(4, 5), seed);
    EXPECT_TRUE(aligned(out));
    corners.insert(out.fields.at("image")[0][0][0].item<float>());
  }
  EXPECT_EQ(corners, (std::set<float>{0, 1, 2, 5, 6, 7}));
  EXPECT_EQ(applied(*made("random_crop", {{"size", list({"9", "9"})}}), plane(4, 5)).fields["label"].sizes(),
            (at::IntArrayRef{9, 9}));
}

TEST(Transforms, FlipsAndTurnsKeepImageAndLabelTogether) {
  const auto flip = made("random_flip"), turn = made("random_rotate90");
  std::set<float> flipped, turned;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    auto out = applied(*flip, plane(4, 5), seed);
    EXPECT_TRUE(aligned(out));
    flipped.insert(out.fields["image"][0][0][0].item<float>());
    out = applied(*turn, plane(4, 5), seed);
    EXPECT_TRUE(aligned(out));
    EXPECT_EQ(out.fields["image"].sizes(), (at::IntArrayRef{1, 4, 5}));
    turned.insert(applied(*turn, plane(4, 4), seed).fields["image"][0][0][0].item<float>());
  }
  EXPECT_EQ(flipped, (std::set<float>{0, 4, 15, 19}));
  EXPECT_EQ(turned, (std::set<float>{0, 3, 12, 15}));
  EXPECT_THROW(made("random_flip", {{"axes", list({"w"})}}), Error);
}

TEST(Transforms, AffineMovesImageAndLabelTogether) {
  // A smooth bump and its upper half as label: wherever it goes, the label stays where the image is bright.
  const auto row = torch::arange(48, at::kFloat).unsqueeze(1), column = torch::arange(64, at::kFloat);
  Sample sample;
  sample.id = "bump";
  sample.fields["image"] = torch::exp(-((row - 20).square() + (column - 36).square()) / 50).unsqueeze(0);
  sample.fields["label"] = sample.fields["image"][0].gt(0.5).to(at::kByte);
  const auto move = made("random_affine", {{"degrees", text("30")}, {"scale", text("0.2")}, {"shift", text("0.1")}});
  double smallest = 1e9, largest = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto out = applied(*move, sample, seed);
    const auto label = out.fields.at("label");
    EXPECT_EQ(label.scalar_type(), at::kByte);
    const auto bright = out.fields.at("image")[0].gt(0.5).to(at::kByte);
    EXPECT_LE(bright.ne(label).sum().item<double>(), 0.25 * label.sum().item<double>());
    const double area = label.sum().item<double>() / sample.fields["label"].sum().item<double>();
    smallest = std::min(smallest, area);
    largest = std::max(largest, area);
  }
  EXPECT_GT(smallest, 0.6);
  EXPECT_LT(smallest, 0.85);
  EXPECT_LT(largest, 1.5);
  EXPECT_GT(largest, 1.2);
  const auto still = made("random_affine", {{"degrees", text("0")}, {"scale", text("0")}, {"shift", text("0")}});
  EXPECT_TRUE(torch::allclose(applied(*still, sample).fields["image"], sample.fields["image"], 0, 1e-5));
}

TEST(Transforms, AffineTurnsVolumesInPlaneWithoutShear) {
  // Of a plane that is not square, a disc must stay a disc.
  const auto row = torch::arange(40, at::kFloat).unsqueeze(1), column = torch::arange(80, at::kFloat);
  Sample sample;
  sample.fields["image"] = ((row - 19.5).square() + (column - 39.5).square()).lt(100).to(at::kFloat).expand({1, 3, 40, 80}).clone();
  const auto turn = made("random_affine", {{"degrees", text("90")}, {"scale", text("0")}, {"shift", text("0")}});
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto out = applied(*turn, sample, seed).fields.at("image");
    EXPECT_LT((out - sample.fields["image"]).abs().sum().item<double>(), 0.15 * out.sum().item<double>());
    EXPECT_TRUE(torch::equal(out[0][0], out[0][2]));
  }
}

TEST(Transforms, ContrastKeepsExtremesAndOrder) {
  const auto change = made("random_contrast", {{"gamma", text("1")}});
  std::set<float> middles;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto image = applied(*change, plane(3, 3), seed).fields.at("image").flatten();
    EXPECT_NEAR(image[0].item<float>(), 0, 1e-6);
    EXPECT_NEAR(image[8].item<float>(), 8, 1e-5);
    EXPECT_TRUE(image.diff().gt(0).all().item<bool>());
    middles.insert(image[4].item<float>());
  }
  EXPECT_EQ(middles.size(), 10U);
  EXPECT_GE(*middles.begin(), 8 * 0.25F);
  EXPECT_LE(*middles.rbegin(), 8 * 0.70712F);
}

TEST(Transforms, NoiseRepeatsWithItsKey) {
  const auto noise = made("gaussian_noise", {{"probability", text("1")}, {"std", text("2")}});
  const auto a = applied(*noise, plane(64, 64), 1), b = applied(*noise, plane(64, 64), 1),
             c = applied(*noise, plane(64, 64), 2);
  EXPECT_TRUE(torch::equal(a.fields.at("image"), b.fields.at("image")));
  EXPECT_FALSE(torch::equal(a.fields.at("image"), c.fields.at("image")));
  const auto difference = a.fields.at("image") - plane(64, 64).fields["image"];
  EXPECT_NEAR(difference.mean().item<float>(), 0, 0.15);
  EXPECT_LE(difference.std().item<float>(), 2.1);
  EXPECT_TRUE(torch::equal(a.fields.at("label"), plane(64, 64).fields["label"]));
}

TEST(Transforms, SelectChannels) {
  Sample sample;
  sample.id = "s";
  sample.fields["image"] = torch::arange(12, at::kFloat).reshape({3, 2, 2});
  const auto out = applied(*made("select_channels", {{"channels", list({"2", "0"})}}), sample).fields["image"];
  EXPECT_EQ(out.sizes(), (at::IntArrayRef{2, 2, 2}));
  EXPECT_EQ(out[0][0][0].item<float>(), 8);
  test::expect_error(ErrorKind::data, {"s", "no channel 3; it has 3"}, [&] {
    applied(*made("select_channels", {{"channels", list({"3"})}}), sample);
  });
}

TEST(Transforms, OnlyThoseThatDrawNothingAreDeterministic) {
  for (const std::string name : {"min_max", "zscore", "clip_percentile"}) EXPECT_TRUE(made(name)->deterministic()) << name;
  for (const std::string name : {"random_affine", "random_contrast", "random_flip", "random_rotate90", "gaussian_noise"})
    EXPECT_FALSE(made(name)->deterministic()) << name;
}

}  // namespace
}  // namespace plexus
