#include "model.hpp"

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

#include "support.hpp"

namespace plexus::diffrect {
namespace {

ModelSettings small_model() {
  ModelSettings settings;
  settings.feature_channels = {2, 2, 4, 4, 4};
  settings.patch_size = {64, 64};
  return settings;
}

TEST(DiffRectModel, PredictsWithoutItsRectifier) {
  Model model(small_model(), test::slices(3));
  const auto networks = model.networks();
  ASSERT_EQ(networks.size(), 2U);
  EXPECT_EQ(networks[0].name, "unet");
  EXPECT_TRUE(networks[0].needed_to_predict);
  EXPECT_EQ(networks[1].name, "rectifier");
  EXPECT_FALSE(networks[1].needed_to_predict);
}

TEST(DiffRectModel, PredictsVolumesAndImagesOnTheirOwnGrid) {
  Model model(small_model(), test::slices(3));
  for (const auto& network : model.networks()) network.module->eval();
  test::TestContext context;
  Batch batch;
  batch.of.resize(1);
  batch.fields["image"] = torch::rand({1, 1, 3, 30, 41});
  const auto label = model.predict(batch, context).fields.at("label");
  EXPECT_EQ(label.sizes(), at::IntArrayRef({1, 3, 30, 41}));
  EXPECT_LT(label.max().item<std::int64_t>(), 3);
  batch.fields["image"] = torch::rand({2, 1, 30, 41});
  batch.of.resize(2);
  EXPECT_EQ(model.predict(batch, context).fields.at("label").sizes(), at::IntArrayRef({2, 30, 41}));
}

std::string refusal(const ModelSettings& settings, const DataInfo& info) {
  try {
    Model model(settings, info);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    return error.what();
  }
  return "";
}

TEST(DiffRectModel, RefusesWhatDoesNotFit) {
  auto settings = small_model();
  settings.num_classes = 4;
  EXPECT_NE(refusal(settings, test::slices(3)).find("num_classes is 4"), std::string::npos);
  settings = small_model();
  settings.patch_size = {96, 64};
  EXPECT_NE(refusal(settings, test::slices(3)).find("multiples of 64"), std::string::npos);
  settings.patch_size = {64};
  EXPECT_NE(refusal(settings, test::slices(3)).find("two numbers"), std::string::npos);
  settings = small_model();
  settings.ldm_beta_sch = "linear";
  EXPECT_NE(refusal(settings, test::slices(3)).find("linear"), std::string::npos);
  settings = small_model();
  settings.ts_sample = 11;
  EXPECT_NE(refusal(settings, test::slices(3)).find("ts_sample"), std::string::npos);
  EXPECT_NE(refusal(small_model(), test::slices(9)), "");
}

TEST(DiffRectModel, ReferenceKeepsThePublishedBorder) {
  ModelSettings settings;
  Options options;
  settings.declare(options);
  EXPECT_TRUE(settings.fill_border);
  options.apply(Node::map({{"preset", Node::scalar("reference")}}), "model");
  EXPECT_FALSE(settings.fill_border);
}

TEST(DiffRectModel, OriginalFilesHoldTheUnetInStateDict) {
  Model model(small_model(), test::slices(2));
  const auto originals = model.originals();
  ASSERT_EQ(originals.size(), 1U);
  EXPECT_EQ(originals[0].network, "unet");
  EXPECT_EQ(originals[0].containers, std::vector<std::string>{"state_dict"});
}

}  // namespace
}  // namespace plexus::diffrect
