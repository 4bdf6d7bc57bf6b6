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

TEST(MedSegDiffModel, WritesThePublishedPicturesWhereAsked) {
  auto settings = test::tiny();
  settings.compat_pictures = true;
  Model model(settings, test::slices());
  ready(model);
  test::TestContext context;
  const at::NoGradGuard no_grad;
  const auto flat = model.predict(test::batch_of({"a"}, {1, 40, 24}), context);
  const auto& picture = flat.pictures.at("output_ens.jpg");
  ASSERT_EQ(picture.sizes(), at::IntArrayRef({40, 24, 3}));
  const auto expected = (flat.fields.at("score")[0][0] * 255 + 0.5).floor().clamp(0, 255).to(at::kByte);
  for (std::int64_t channel = 0; channel < 3; ++channel) EXPECT_TRUE(at::equal(picture.select(2, channel), expected));
  const auto deep = model.predict(test::batch_of({"a"}, {1, 2, 32, 32}), context);
  EXPECT_EQ(deep.pictures.count("output_ens_slice_1.jpg"), 1u);
  EXPECT_EQ(deep.pictures.size(), 2u);
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

ModelSettings of_the_papers() {
  auto settings = test::tiny();
  settings.uncertain_attention = settings.spectrum_transformer = true;
  return settings;
}

TEST(MedSegDiffModel, ThePapersModulesActAndMayBeCached) {
  auto settings = of_the_papers();
  Model cached(settings, test::slices(2)), published(test::tiny(), test::slices(2));
  settings.cache_condition = false;
  Model plain(settings, test::slices(2));
  ready(cached);
  ready(plain);
  ready(published);
  const at::NoGradGuard no_grad;
  for (auto& item : published.network().named_parameters())
    item.value().copy_(cached.network().named_parameters()[item.key()]);
  const auto batch = test::batch_of({"a", "b"}, {2, 32, 32});
  const auto x = torch::randn({6, 1, 32, 32}), t = torch::full({6}, 7.5);
  const auto first = cached.denoise(x, t, *cached.prepare(batch)), second = plain.denoise(x, t, *plain.prepare(batch));
  EXPECT_TRUE(at::allclose(first, second, 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(first, published.denoise(x, t, *published.prepare(batch)), 1e-2, 1e-2));
}

TEST(MedSegDiffModel, ThePapersModulesLearn) {
  auto first_version = test::tiny_first_version();
  first_version.dynamic_encoding = true;
  for (const auto& settings : {of_the_papers(), first_version}) {
    Model model(settings, test::slices());
    test::scramble(model.network());
    model.network().train();
    model.network().forward(torch::rand({2, 2, 32, 32}), torch::tensor({3.0, 9.0})).output.square().mean().backward();
    int found = 0;
    for (const auto& item : model.network().named_parameters()) {
      if (!item.key().starts_with("uncertain_attention") && !item.key().starts_with("spectrum_transformer") &&
          item.key().find("encodings") == std::string::npos)
        continue;
      ++found;
      ASSERT_TRUE(item.value().grad().defined()) << item.key();
      EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
    }
    EXPECT_GT(found, 5);
  }
}

TEST(SpectrumAttention, IsPlainAttentionWhereTheFilterIsOpen) {
  SpectrumAttention module(8, 4);
  test::scramble(module);
  const at::NoGradGuard no_grad;
  auto parameters = module.named_parameters();
  parameters["gate.weight"].zero_();
  parameters["gate.bias"].fill_(50);
  const auto asking = torch::randn({2, 8, 3, 5}), asked = torch::randn({2, 8, 3, 5}), told = torch::randn({2, 4});
  EXPECT_TRUE(at::allclose(module.passed(told, 3, 5), torch::ones({2, 15})));
  const auto tokens = [&](const std::string& name, const at::Tensor& x) {
    return at::conv2d(x, parameters[name + ".weight"], parameters[name + ".bias"]).flatten(2).transpose(1, 2);
  };
  const auto weights = at::softmax(at::matmul(tokens("query", asking), tokens("key", asked).transpose(1, 2)) / std::sqrt(8.0), 2);
  const auto found = at::matmul(weights, tokens("value", asked)).transpose(1, 2).reshape({2, 8, 3, 5});
  EXPECT_TRUE(at::allclose(module.forward(asking, asked, told),
                           at::conv2d(found, parameters["out.weight"], parameters["out.bias"]), 1e-4, 1e-5));
}

TEST(UncertainAttention, NeverFallsBelowTheAnchorsOwn) {
  UncertainAttention module(1);
  const at::NoGradGuard no_grad;
  auto parameters = module.named_parameters();
  parameters["conv.weight"].fill_(1);
  parameters["conv.bias"].zero_();
  auto anchor = torch::zeros({1, 1, 9, 9});
  anchor[0][0][4][4] = 5;
  const auto weight = module.forward(anchor);
  EXPECT_FLOAT_EQ(weight[0][0][4][4].item<float>(), 1 / (1 + std::exp(-5.0F)));
  EXPECT_GT(weight[0][0][4][6].item<float>(), 0.51F);  // the smoothing reaches beside it
  EXPECT_FLOAT_EQ(weight[0][0][0][0].item<float>(), 0.5F);
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
  settings.dynamic_encoding = true;
  EXPECT_NE(refusal(settings).find("belongs to V1"), std::string::npos);
  settings = test::tiny_first_version();
  settings.uncertain_attention = true;
  EXPECT_NE(refusal(settings).find("belong to V2"), std::string::npos);
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
