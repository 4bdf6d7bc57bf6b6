#include <torch/torch.h>

#include <gtest/gtest.h>

#include <limits>

#include <plexus/data/percentiles.hpp>
#include <plexus/data/volume.hpp>

#include "support/expect_error.hpp"
#include "support/oblique_volume.hpp"
#include "support/temporary_folder.hpp"
#include "support/transforms.hpp"

namespace plexus {
namespace {

using test::applied;
using test::made;
using test::text;

Sample numbered() {
  Sample sample;
  sample.id = "n";
  sample.fields["image"] = test::numbered_volume().unsqueeze(0);
  sample.fields["label"] = test::numbered_volume().gt(20).to(at::kByte);
  return sample;
}

// Figures: numpy 2.4 percentile, of all values and of those other than 0.
TEST(IntensitySteps, PercentilesAsNumpy) {
  const auto values = test::numbered_volume();
  const std::vector<double> percents{0, 0.5, 1, 25, 50, 99, 99.5, 100};
  const std::vector<float> expected{0, 0, 0.09F, 13, 26, 51, 51.955F, 52};
  const auto found = percentiles(values, percents);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5) << percents[i];
  EXPECT_EQ(percentiles(values, {1, 50, 99}, values.ne(0)), (std::vector<float>{2, 26, 51}));
}

TEST(IntensitySteps, PercentilesOfAnyFloats) {
  // Both signs, all magnitudes, against a sorted copy.
  torch::manual_seed(3);
  const auto values = torch::randn({1000}) * torch::pow(10.0, torch::randn({1000}) * 4);
  const auto sorted = std::get<0>(values.sort());
  for (const int rank : {0, 1, 499, 500, 998, 999})
    EXPECT_EQ(percentiles(values, {100.0 * rank / 999}).front(), sorted[rank].item<float>());
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(percentiles(torch::tensor({nan, 1.F, -inf, nan, inf, -0.F}), {0, 50, 100}), (std::vector<float>{-inf, 0.5F, inf}));
  EXPECT_TRUE(percentiles(torch::tensor({nan}), {50}).empty());
  EXPECT_TRUE(percentiles(torch::zeros({0}), {50}).empty());
}

TEST(IntensitySteps, Clip) {
  const auto image = applied(*made("clip", {{"low", text("3")}, {"high", text("40.5")}}), numbered()).fields["image"];
  EXPECT_TRUE(torch::equal(image, numbered().fields["image"].clamp(3, 40.5)));
  EXPECT_TRUE(torch::equal(applied(*made("clip", {{"low", text("3")}}), numbered()).fields["image"],
                           numbered().fields["image"].clamp_min(3)));
  EXPECT_THROW(made("clip"), Error);
  EXPECT_THROW(made("clip", {{"low", text("3")}, {"high", text("2")}}), Error);
}

TEST(IntensitySteps, ScalePercentile) {
  auto image = applied(*made("scale_percentile", {{"low", text("25")}, {"high", text("99")}}), numbered()).fields["image"];
  EXPECT_TRUE(torch::allclose(image, ((numbered().fields["image"] - 13) / 38).clamp(0, 1)));
  image =
      applied(*made("scale_percentile", {{"low", text("1")}, {"nonzero", text("true")}, {"clip", text("false")}}), numbered())
          .fields["image"];
  EXPECT_TRUE(torch::allclose(image, (numbered().fields["image"] - 2) / 49));
  auto flat = numbered();
  flat.fields["image"].fill_(7);
  EXPECT_TRUE(applied(*made("scale_percentile"), flat).fields["image"].isfinite().all().item<bool>());
}

TEST(IntensitySteps, ZscoreInsideAMask) {
  const auto sample = numbered();
  const auto inside = sample.fields.at("image")[0].masked_select(sample.fields.at("label").to(at::kBool));
  const auto image = applied(*made("zscore", {{"mask", text("label")}}), sample).fields["image"];
  EXPECT_TRUE(torch::allclose(image, (sample.fields.at("image") - inside.mean()) / inside.std(false), 1e-4, 1e-5));
  test::expect_error(ErrorKind::data, {"n", "label"}, [&] {
    auto without = numbered();
    without.fields.erase("label");
    applied(*made("zscore", {{"mask", text("label")}}), without);
  });
  // Large offsets cost no digits: sums are kept in double.
  auto high = numbered();
  high.fields["image"] = high.fields["image"] + 1e6;
  EXPECT_TRUE(torch::allclose(applied(*made("zscore"), high).fields["image"],
                              applied(*made("zscore"), numbered()).fields["image"], 0, 5e-3));
}

TEST(IntensitySteps, MatchesAReference) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "model.nii.gz";
  write_image(file, test::numbered_volume() * 3 + 5, test::oblique_geometry());
  const auto step = made("match_histogram", {{"reference", text(file.string())}, {"nonzero", text("false")}});
  // A change that keeps the order of values is taken back.
  auto sample = numbered();
  sample.fields["image"] = sample.fields["image"].square();
  EXPECT_TRUE(torch::allclose(applied(*step, sample).fields["image"], numbered().fields["image"] * 3 + 5, 0, 1e-3));
  const auto nonzero = made("match_histogram", {{"reference", text(file.string())}});
  EXPECT_EQ(applied(*nonzero, sample).fields["image"].eq(0).sum().item<int>(), 3);
  test::expect_error(ErrorKind::data, {"missing.nii"}, [&] {
    applied(*made("match_histogram", {{"reference", text((folder.path() / "missing.nii").string())}}), numbered());
  });
}

TEST(IntensitySteps, N4TakesAFieldAway) {
  // Two tissues under a field that doubles from corner to corner.
  const auto axis = torch::linspace(-1, 1, 32);
  const auto z = axis.view({32, 1, 1}), y = axis.view({1, 32, 1}), x = axis.view({1, 1, 32});
  const auto inner = (z.square() + y.square() + x.square()).lt(0.3);
  const auto truth = torch::where(inner, 200.0, 100.0).to(at::kFloat);
  Sample sample;
  sample.id = "mr";
  sample.fields["image"] = (truth * torch::exp(0.12 * (x + y + z))).unsqueeze(0).contiguous();
  const auto spread = [&](const at::Tensor& image, const at::Tensor& where) {
    const auto values = image[0].masked_select(where);
    return (values.std(false) / values.mean()).item<double>();
  };
  const double before = spread(sample.fields["image"], inner.logical_not());
  const auto out = applied(*made("n4", {{"shrink", text("2")}}), sample).fields.at("image");
  EXPECT_LT(spread(out, inner), 0.35 * spread(sample.fields["image"], inner));
  EXPECT_LT(spread(out, inner.logical_not()), 0.35 * before);
  Sample flat;
  flat.id = "flat";
  flat.fields["image"] = torch::rand({1, 2, 20, 20});
  test::expect_error(ErrorKind::data, {"flat"}, [&] { applied(*made("n4"), flat); });
}

TEST(IntensitySteps, CastRoundsAndClips) {
  Sample sample;
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  sample.fields["image"] = torch::tensor({-3.7F, 0.5F, 1.5F, 254.6F, 300.F, inf, nan}).view({1, 1, 7});
  auto out = applied(*made("cast", {{"to", text("uint8")}}), sample).fields["image"];
  EXPECT_TRUE(torch::equal(out.flatten(), torch::tensor({0, 0, 2, 255, 255, 255, 0}, at::kByte)));
  out = applied(*made("cast", {{"to", text("int16")}}), sample).fields["image"];
  EXPECT_TRUE(torch::equal(out.flatten(), torch::tensor({-4, 0, 2, 255, 300, 32767, 0}, at::kShort)));
  out = applied(*made("cast", {{"to", text("int32")}}), sample).fields["image"];
  EXPECT_GT(out.flatten()[5].item<int>(), 2000000000);
}

}  // namespace
}  // namespace plexus
