#include "model.hpp"

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>
#include <plexus/data/stretch.hpp>
#include <plexus/nn/state_dict.hpp>

#include "support.hpp"

namespace plexus::adaptdiff {
namespace {

using test::Collected;

at::Tensor random_labels(std::int64_t count, std::int64_t height, std::int64_t width) {
  return torch::rand({count, height, width}).gt(0.8).to(at::kLong);
}

std::vector<Sample> made(Model& model, const Batch& batch, std::uint64_t seed = 5) {
  const at::NoGradGuard no_grad;
  for (const auto& network : model.networks()) network.module->eval();
  HostContext context(prediction_key(seed), at::kCPU);
  Collected sink;
  model.generate(batch, sink, context);
  return std::move(sink.samples);
}

std::string refusal(const ModelSettings& settings) {
  try {
    Model model(settings, test::vessels());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    return error.what();
  }
  return "";
}

TEST(AdaptDiffModel, MakesImagesOnTheMasksOwnGrid) {
  torch::manual_seed(6);
  Model model(test::small_model(), test::vessels());
  const auto labels = random_labels(2, 21, 30);
  const auto samples = made(model, test::masks({"a", "b"}, labels));
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].id, "a");
  EXPECT_EQ(samples[1].fields.at("image").sizes(), at::IntArrayRef({1, 21, 30}));
  EXPECT_TRUE(at::equal(samples[1].fields.at("label").to(at::kLong), labels[1]));
  const auto& image = samples[0].fields.at("image");
  EXPECT_GE(image.min().item<double>(), 0);
  EXPECT_LE(image.max().item<double>(), 1);
  EXPECT_EQ(samples[0].fields.at("picture").max().item<std::int64_t>(), 255);
  EXPECT_EQ(samples[0].fields.at("auc").dim(), 0);
}

TEST(AdaptDiffModel, ImagesDoNotDependOnTheirBatch) {
  torch::manual_seed(6);
  for (const std::string norm : {"per_image", "running"}) {
    auto settings = test::small_model();
    settings.norm = norm;
    Model model(settings, test::vessels());
    const auto labels = random_labels(3, 32, 32);
    const auto together = made(model, test::masks({"a", "b", "c"}, labels));
    for (std::int64_t row = 0; row < 3; ++row) {
      const auto alone = made(model, test::masks({std::string(1, static_cast<char>('a' + row))}, labels.slice(0, row, row + 1)));
      EXPECT_TRUE(at::equal(alone[0].fields.at("image"), together[static_cast<std::size_t>(row)].fields.at("image"))) << norm;
    }
    EXPECT_FALSE(at::equal(together[0].fields.at("image"), made(model, test::masks({"a"}, labels.slice(0, 0, 1)), 6)[0].fields.at("image")));
  }
}

TEST(AdaptDiffModel, SamplingLeavesTheStatisticsAlone) {
  auto settings = test::small_model();
  for (const std::string norm : {"per_image", "batch", "running"}) {
    settings.norm = norm;
    Model model(settings, test::vessels());
    std::vector<at::Tensor> before;
    for (const auto& buffer : model.unet().buffers()) before.push_back(buffer.clone());
    made(model, test::masks({"a", "b"}, random_labels(2, 32, 32)));
    const auto after = model.unet().buffers();
    for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(at::equal(after[i], before[i])) << norm;
  }
}

TEST(AdaptDiffModel, GoesByEachImageForWeightsOfTheAuthors) {
  Model model(test::small_model(), test::vessels());
  EXPECT_EQ(model.norm(), NormBy::mode);
  SpadeUnet other({.widths = {2, 4}, .time_size = 4, .embed_channels = 3});
  model.adapt("diffusion", state_dict(other));
  EXPECT_EQ(model.norm(), NormBy::image);
  EXPECT_EQ(model.unet().settings().widths, (std::vector<std::int64_t>{2, 4}));
  load_state_dict(*model.networks().front().module, state_dict(other), "test");
  EXPECT_EQ(model.adapted(), (std::vector<std::pair<std::string, std::string>>{
                                 {"widths", "[2, 4]"}, {"time_size", "4"}, {"embed_channels", "3"}, {"norm", "per_image"}}));
}

TEST(AdaptDiffModel, MakesUnconditionalImages) {
  Model model(test::small_model(), test::vessels());
  Batch batch = test::masks({"x", "y"}, {});
  batch.fields = {{"size", torch::tensor({{20, 24}, {20, 24}})}};
  const auto samples = made(model, batch);
  EXPECT_EQ(samples[1].fields.at("image").sizes(), at::IntArrayRef({1, 20, 24}));
  EXPECT_EQ(samples[1].fields.at("label").sum().item<std::int64_t>(), 0);
  EXPECT_EQ(samples[1].fields.count("auc"), 0U);
}

TEST(AdaptDiffModel, AddsPicturesThatAreAskedFor) {
  auto settings = test::small_model();
  settings.frames = 5;
  settings.panel = settings.grid = settings.stretch = true;
  Model model(settings, test::vessels());
  auto batch = test::masks({"a"}, random_labels(1, 16, 24));
  batch.fields["image"] = torch::rand({1, 3, 16, 24});
  const auto sample = made(model, batch).front();
  EXPECT_EQ(sample.fields.at("picture_panel").sizes(), at::IntArrayRef({16, 3 * 24}));
  EXPECT_EQ(sample.fields.at("picture_grid").sizes(), at::IntArrayRef({2 * 16, 5 * 24}));
  EXPECT_EQ(sample.fields.count("picture_frame_0004"), 1U);
  EXPECT_EQ(sample.fields.count("picture_frame_0000"), 1U);
  EXPECT_EQ(sample.fields.at("image").max().item<double>(), 1);
}

TEST(AdaptDiffModel, TakesOneLabelOfSeveralWhereAsked) {
  auto settings = test::small_model();
  settings.mask_label = 2;
  Model model(settings, test::vessels());
  const auto labels = torch::randint(0, 3, {1, 16, 16});
  EXPECT_TRUE(at::equal(made(model, test::masks({"a"}, labels))[0].fields.at("label"), labels[0].eq(2).to(at::kByte)));
}

TEST(AdaptDiffModel, RefusesWhatDoesNotWork) {
  auto settings = test::small_model();
  settings.unet.widths = {4};
  EXPECT_NE(refusal(settings).find("two levels"), std::string::npos);
  settings = test::small_model();
  settings.sampler.sampler = "ddim";
  EXPECT_NE(refusal(settings).find("sampling_steps must not exceed"), std::string::npos);
  settings = test::small_model();
  settings.frames = 6;
  EXPECT_NE(refusal(settings).find("frames must not exceed"), std::string::npos);

  settings = test::small_model();
  settings.norm = "per_image";
  Model model(settings, test::vessels());
  EXPECT_THROW(made(model, test::masks({"a"}, random_labels(1, 4, 4))), Error);  // one value at the bottom has no statistics
  EXPECT_THROW(made(model, test::masks({"a"}, torch::zeros({1, 2, 16, 16}, at::kLong))), Error);
  HostContext context(prediction_key(0), at::kCPU);
  EXPECT_THROW(model.predict({}, context), Error);
}

}  // namespace
}  // namespace plexus::adaptdiff
