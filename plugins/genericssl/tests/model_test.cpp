#include "model.hpp"

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

#include "support.hpp"

namespace plexus::genericssl {
namespace {

using Sizes = std::vector<std::int64_t>;

at::Tensor predicted(Model& model, const at::Tensor& image) {
  for (const auto& network : model.networks()) network.module->eval();
  test::TestContext context;
  const at::NoGradGuard no_grad;
  Batch batch;
  batch.of.resize(static_cast<std::size_t>(image.size(0)));
  batch.fields["image"] = image;
  return model.predict(batch, context).fields.at("label");
}

TEST(GenericSslModel, PredictsVolumesOfAnySizeOnTheirOwnGrid) {
  torch::manual_seed(1);
  Model model(test::tiny_model(3), test::data_of(3, 3));
  EXPECT_EQ(predicted(model, torch::rand({1, 1, 20, 33, 17})).sizes(), at::IntArrayRef({1, 20, 33, 17}));
  EXPECT_EQ(predicted(model, torch::rand({1, 1, 9, 20, 16})).sizes(), at::IntArrayRef({1, 9, 20, 16}));
}

TEST(GenericSslModel, PredictsPlanesAndVolumesPlaneByPlane) {
  torch::manual_seed(2);
  Model model(test::tiny_model(2), test::data_of(3, 2));
  const auto planes = torch::rand({2, 1, 20, 40});
  const auto flat = predicted(model, planes);
  EXPECT_EQ(flat.sizes(), at::IntArrayRef({2, 20, 40}));
  auto settings = test::tiny_model(2);
  settings.normalise = false;  // by the extremes of the whole volume otherwise
  Model plain(settings, test::data_of(3, 2));
  const auto volume = predicted(plain, planes.transpose(0, 1).unsqueeze(0));
  EXPECT_EQ(volume.sizes(), at::IntArrayRef({1, 2, 20, 40}));
  EXPECT_TRUE(torch::equal(volume[0][1], predicted(plain, planes.slice(0, 1, 2))[0]));
}

TEST(GenericSslModel, LabelsDoNotDependOnTheBatchOfWindows) {
  torch::manual_seed(3);
  auto settings = test::tiny_model(3);
  settings.stride = {5, 7, 6};
  const auto image = torch::rand({1, 1, 24, 30, 22});
  std::vector<at::Tensor> labels;
  for (const std::int64_t batch : {1, 2, 5}) {
    torch::manual_seed(4);
    settings.predict_batch = batch;
    Model model(settings, test::data_of(2, 3));
    labels.push_back(predicted(model, image));
  }
  EXPECT_TRUE(torch::equal(labels[0], labels[1]));
  EXPECT_TRUE(torch::equal(labels[0], labels[2]));
}

TEST(GenericSslModel, ScalesCasesAsTheyAreLoaded) {
  torch::manual_seed(5);
  auto settings = test::tiny_model(3);
  settings.clip = {-75, 275};
  Model model(settings, test::data_of(2, 3));
  const auto raw = torch::rand({1, 1, 16, 16, 16}) * 2000 - 1000;
  const auto scaled = (raw.clamp(-75, 275) + 75) / 350;
  EXPECT_TRUE(torch::equal(predicted(model, raw), predicted(model, scaled)));
  EXPECT_EQ(predicted(model, torch::zeros({1, 1, 16, 16, 16})).sizes(), at::IntArrayRef({1, 16, 16, 16}));
}

TEST(GenericSslModel, PublishedStridesBySpeed) {
  ModelSettings settings;
  EXPECT_EQ(settings.windows().stride, (Sizes{4, 16, 16}));
  settings.speed = 1;
  EXPECT_EQ(settings.windows().stride, (Sizes{16, 64, 64}));
  settings.speed = 2;
  EXPECT_EQ(settings.windows().stride, (Sizes{32, 112, 80}));  // at most the patch
  settings.patch_size = {224, 224};
  EXPECT_EQ(settings.windows().stride, (Sizes{64, 64}));
  EXPECT_TRUE(settings.windows().pad_equal);
  settings.stride = {100, 50};
  EXPECT_EQ(settings.windows().stride, (Sizes{100, 50}));
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

TEST(GenericSslModel, RefusesWhatDoesNotFit) {
  const auto changed = [](auto&& change) {
    auto settings = test::tiny_model(3);
    change(settings);
    return settings;
  };
  const auto volumes = test::data_of(2, 3);
  const auto expect = [&](const ModelSettings& settings, const DataInfo& info, const std::string& part) {
    EXPECT_NE(refusal(settings, info).find(part), std::string::npos) << part;
  };
  expect(changed([](auto& s) { s.patch_size = {16, 20, 16}; }), volumes, "multiples of 16");
  expect(changed([](auto& s) { s.patch_size = {16}; }), volumes, "two or three");
  expect(changed([](auto& s) { s.stride = {17, 4, 4}; }), volumes, "leaves voxels");
  expect(changed([](auto& s) { s.normalization = "groupnorm"; }), volumes, "multiple of 16");
  expect(changed([](auto& s) { s.sample_times = {5, 5}; }), volumes, "sample_times");
  expect(changed([](auto& s) { s.num_classes = 4; }), volumes, "num_classes is 4");
  expect(changed([](auto& s) { s.clip = {3, 1}; }), volumes, "clip");
  expect(test::tiny_model(3), DataInfo{}, "num_classes or a preset");
  expect(test::tiny_model(3), test::data_of(2, 2), "gives planes");
}

TEST(GenericSslModel, PresetsAreTheTasks) {
  const auto with = [](const char* preset) {
    ModelSettings settings;
    Options options;
    settings.declare(options);
    options.apply(Node::map({{"preset", Node::scalar(preset)}}), "model");
    return settings;
  };
  EXPECT_EQ(with("la").patch_size, (Sizes{112, 112, 80}));
  EXPECT_EQ(with("synapse").patch_size, (Sizes{64, 128, 128}));
  EXPECT_EQ(with("synapse").num_classes, 14);
  EXPECT_EQ(with("mmwhs").patch_size, (Sizes{128, 128, 128}));
  EXPECT_EQ(with("mnms").patch_size, (Sizes{32, 128, 128}));
  EXPECT_EQ(with("mnms_2d").dimensions(), 2);
}

TEST(GenericSslModel, OriginalFilesHoldTheNetworkInStateDict) {
  Model model(test::tiny_model(3), test::data_of(2, 3));
  ASSERT_EQ(model.originals().size(), 1U);
  EXPECT_EQ(model.originals()[0].containers, std::vector<std::string>{"state_dict"});
  EXPECT_EQ(model.networks()[0].name, model.originals()[0].network);
}

}  // namespace
}  // namespace plexus::genericssl
