#include "model.hpp"

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

#include "support.hpp"

namespace plexus::medsegdiff {
namespace {

void ready(Model& model) {
  test::scramble(model.network());
  model.network().eval();
}

std::int64_t count(const torch::nn::Module& module) {
  std::int64_t all = 0;
  for (const auto& parameter : module.parameters()) all += parameter.numel();
  return all;
}

// The figure of the authors' configuration; whole networks are parity cases.
TEST(MedSegDiffNetwork, TheHighwayHasThePublishedParameters) {
  const Highway network({});
  EXPECT_EQ(count(network), 15727232);
}

TEST(MedSegDiffModel, PredictsImagesAndVolumesOnTheirOwnGrid) {
  Model model(test::tiny(), test::slices());
  ready(model);
  test::TestContext context;
  const at::NoGradGuard no_grad;
  const auto flat = model.predict(test::batch_of({"a", "b"}, {1, 40, 24}), context);
  EXPECT_EQ(flat.fields.at("label").sizes(), at::IntArrayRef({2, 40, 24}));
  EXPECT_EQ(flat.fields.at("score").sizes(), at::IntArrayRef({2, 1, 40, 24}));
  EXPECT_EQ(flat.fields.at("uncertainty").sizes(), at::IntArrayRef({2, 1, 40, 24}));
  EXPECT_GE(flat.fields.at("score").min().item<double>(), 0);
  EXPECT_LE(flat.fields.at("score").max().item<double>(), 1);
  const auto deep = model.predict(test::batch_of({"a"}, {1, 3, 32, 32}), context);
  EXPECT_EQ(deep.fields.at("label").sizes(), at::IntArrayRef({1, 3, 32, 32}));
  EXPECT_EQ(deep.fields.at("calibration").sizes(), at::IntArrayRef({1, 1, 3, 32, 32}));
}

TEST(MedSegDiffModel, PredictionsDoNotDependOnTheirCompany) {
  auto settings = test::tiny();
  Model model(settings, test::slices());
  ready(model);
  test::TestContext context;
  const at::NoGradGuard no_grad;
  const auto all = model.predict(test::batch_of({"a"}, {1, 4, 32, 32}), context).fields.at("score");
  settings.predict_batch = 3;
  settings.sampler.member_batch = 1;
  Model grouped(settings, test::slices());
  ready(grouped);
  const auto again = grouped.predict(test::batch_of({"a"}, {1, 4, 32, 32}), context).fields.at("score");
  // An untrained network makes much of a last bit, but not of all pixels; other noise changes them all.
  const auto apart = [](const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().mean().item<double>(); };
  EXPECT_LT(apart(again, all), 1e-4);
  EXPECT_GT(apart(all.select(2, 0), all.select(2, 1)), 1e-2);
}

TEST(MedSegDiffModel, ACachedConditionChangesNothing) {
  auto settings = test::tiny();
  Model cached(settings, test::slices(2));
  settings.cache_condition = false;
  Model plain(settings, test::slices(2));
  ready(cached);
  ready(plain);
  const at::NoGradGuard no_grad;
  const auto batch = test::batch_of({"a", "b"}, {2, 32, 32});
  const auto x = torch::randn({6, 1, 32, 32}), t = torch::full({6}, 7.5);
  const auto first = cached.denoise(x, t, *cached.prepare(batch)), second = plain.denoise(x, t, *plain.prepare(batch));
  EXPECT_TRUE(at::allclose(first, second, 1e-4, 1e-5));
  EXPECT_GT(first.abs().max().item<double>(), 1e-3);
}

TEST(MedSegDiffModel, EverySamplerAndFusionGivesAMask) {
  const at::NoGradGuard no_grad;
  for (const auto* sampler : {"ddpm", "ddim", "dpm-solver", "dpm-solver++"}) {
    for (const auto* fusion : {"mean", "vote", "staple", "reference"}) {
      auto settings = test::tiny();
      settings.sampler.sampler = sampler;
      settings.fusion = fusion;
      settings.uncertainty = "entropy";
      Model model(settings, test::slices());
      ready(model);
      test::TestContext context;
      const auto score = model.predict(test::batch_of({"a"}, {1, 32, 32}), context).fields.at("score");
      EXPECT_TRUE(score.isfinite().all().item<bool>()) << sampler << fusion;
      EXPECT_LE(score.max().item<double>(), 1);
    }
  }
}

TEST(MedSegDiffModel, TheCalibrationAloneNeedsNoSampling) {
  auto settings = test::tiny();
  settings.result = "calibration";
  settings.sampler.sampling_steps = 50;
  settings.sampler.members = 1000;
  Model model(settings, test::slices());
  ready(model);
  test::TestContext context;
  const at::NoGradGuard no_grad;
  const auto made = model.predict(test::batch_of({"a"}, {1, 32, 32}), context);
  EXPECT_TRUE(at::equal(made.fields.at("score"), made.fields.at("calibration")));
}

TEST(MedSegDiffModel, ClassesAreChannelsOfTheMask) {
  Model model(test::tiny(), test::slices(1, 4));
  ready(model);
  EXPECT_EQ(model.network().settings().in_channels, 4);
  EXPECT_EQ(model.network().settings().out_channels, 6);
  test::TestContext context;
  const at::NoGradGuard no_grad;
  const auto made = model.predict(test::batch_of({"a"}, {1, 32, 32}), context);
  EXPECT_EQ(made.fields.at("score").sizes(), at::IntArrayRef({1, 3, 32, 32}));
  EXPECT_LE(made.fields.at("label").max().item<std::int64_t>(), 3);
}

TEST(MedSegDiffModel, TheFirstVersionKeepsItsProjection) {
  Model model(test::tiny_first_version(), test::slices());
  ready(model);
  ASSERT_EQ(model.networks().size(), 2u);
  EXPECT_FALSE(model.networks()[1].needed_to_predict);
  test::TestContext context;
  const at::NoGradGuard no_grad;
  const auto batch = test::batch_of({"a"}, {1, 32, 32});
  const auto once = model.predict(batch, context).fields.at("score"), again = model.predict(batch, context).fields.at("score");
  EXPECT_TRUE(at::equal(once, again));
  auto settings = test::tiny_first_version();
  settings.projection = "redraw";
  Model random(settings, test::slices());
  ready(random);
  const auto x = torch::randn({1, 1, 32, 32}), t = torch::full({1}, 7.0);
  const auto condition = random.prepare(batch);
  EXPECT_FALSE(at::equal(random.denoise(x, t, *condition), random.denoise(x, t, *condition)));
}

std::string refusal(const ModelSettings& settings) {
  try {
    Model model(settings, test::slices());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    return error.what();
  }
  return "";
}

TEST(MedSegDiffModel, RefusesWhatDoesNotFit) {
  auto settings = test::tiny();
  settings.learn_sigma = false;
  EXPECT_NE(refusal(settings).find("learn_sigma"), std::string::npos);
  settings = test::tiny();
  settings.hw_features = 16;
  EXPECT_NE(refusal(settings).find("quarter"), std::string::npos);
  settings = test::tiny();
  settings.version = "1";
  EXPECT_NE(refusal(settings).find("6 levels"), std::string::npos);
  settings = test::tiny();
  settings.image_size = 48;
  EXPECT_NE(refusal(settings).find("multiple of 32"), std::string::npos);
  settings = test::tiny();
  settings.channel_mult = "";
  EXPECT_NE(refusal(settings).find("give channel_mult"), std::string::npos);
  settings = test::tiny();
  settings.sampler.sampling_steps = 51;
  EXPECT_NE(refusal(settings).find("sampling_steps is 51"), std::string::npos);
}

TEST(MedSegDiffModel, PresetsBind) {
  for (const auto* name : {"b-isic", "b-brats", "plusplus", "scripts", "fast", "reference"}) {
    ModelSettings settings;
    Options options;
    settings.declare(options);
    options.apply(Node::map({{"preset", Node::scalar(name)}}), "model");
    EXPECT_EQ(settings.problem(), "") << name;
    if (std::string(name) == "plusplus") {
      EXPECT_EQ(settings.num_res_blocks, 12);
      EXPECT_EQ(settings.sampler.members, 25);
    }
  }
}

}  // namespace
}  // namespace plexus::medsegdiff
