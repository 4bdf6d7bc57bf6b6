#include "image_trainer.hpp"

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

#include "support.hpp"

namespace plexus::mls {
namespace {

ImageModelSettings tiny_image_model() {
  ImageModelSettings s;
  s.network = test::tiny_network();
  s.slices.size = 32;
  return s;
}

TEST(MlsImageTrainer, RateFollowsOneStepBehind) {
  ImageModel model(tiny_image_model(), test::head_info());
  ImageTrainerSettings settings;
  settings.lr_anneal_steps = 4;
  const ImageTrainer falling(settings, model, test::head_info());
  EXPECT_EQ(falling.phases().front().steps, 4);
  EXPECT_EQ(falling.rate(0), 1);
  EXPECT_EQ(falling.rate(1), 1);
  EXPECT_EQ(falling.rate(2), 0.75);
  EXPECT_EQ(falling.rate(3), 0.5);
  const ImageTrainer constant({}, model, test::head_info());
  EXPECT_EQ(constant.rate(99999), 1);
}

TEST(MlsImageTrainer, GradientsOfPublishedMicroBatchesAreSummed) {
  ImageModel model(tiny_image_model(), test::head_info());
  test::TestContext context;
  const auto loss = [&](std::int64_t microbatch) {
    ImageTrainerSettings settings;
    settings.microbatch = microbatch;
    ImageTrainer(settings, model, test::head_info()).step(test::TestStep(test::slices()), context);
    return context.losses.back();
  };
  const double whole = loss(-1);
  EXPECT_NEAR(loss(2), 2 * whole, 1e-4 * whole);
  EXPECT_NEAR(loss(4), whole, 1e-5 * whole);
}

TEST(MlsImageTrainer, TheLossAwareSamplerIsTrainedAndSaved) {
  ImageModel model(tiny_image_model(), test::head_info());
  ImageTrainerSettings settings;
  settings.schedule_sampler = "loss-second-moment";
  ImageTrainer trainer(settings, model, test::head_info());
  test::TestContext context;
  trainer.step(test::TestStep(test::slices()), context);
  struct Items final : Archive {
    void item(const std::string& name, std::int64_t&) override { names.push_back(name); }
    void item(const std::string& name, double&) override { names.push_back(name); }
    void item(const std::string& name, at::Tensor& value) override {
      names.push_back(name);
      sum += value.to(at::kDouble).sum().item<double>();
    }
    std::vector<std::string> names;
    double sum = 0;
  } items;
  trainer.state(items);
  EXPECT_FALSE(items.names.empty());
  EXPECT_GT(items.sum, 0);
}

TEST(MlsImageTrainer, ConIsTrainedOnNormalCasesAlone) {
  ImageModel model(tiny_image_model(), test::head_info());
  ImageTrainerSettings settings;
  settings.cases = "normal";
  EXPECT_EQ(ImageTrainer(settings, model, test::head_info()).phases().front().streams.front().parts.front().subset, "normal");
}

Sample slice_sample(at::Tensor image) {
  Sample sample;
  sample.id = "a_slice_9";
  sample.fields = {{"image", std::move(image)}, {"landmarks", torch::ones({4, 2})}};
  return sample;
}

TEST(MlsSlices, AreWindowedAndMasked) {
  SliceSettings settings;
  settings.size = 16;
  settings.window = {100, 200};
  auto hu = torch::full({1, 16, 16}, 50.0F);
  hu.slice(1, 4, 10).slice(2, 5, 9).fill_(175);
  auto sample = slice_sample(hu);
  Rng rng(1);
  WindowSlice(settings, true).apply(sample, rng);
  EXPECT_EQ(sample.fields.at("image").min().item<float>(), -1);
  EXPECT_FLOAT_EQ(sample.fields.at("image").max().item<float>(), 0.5F);
  EXPECT_EQ(sample.fields.at("mask").sum().item<int>(), 24);
  auto other = slice_sample(torch::zeros({1, 16, 20}));
  EXPECT_THROW(WindowSlice(settings, true).apply(other, rng), Error);
}

TEST(MlsSlices, TurnsAreMirroredThenTurnedImagesAlone) {
  const auto image = torch::rand({1, 16, 16});
  Rng rng(1);
  auto mirrored = slice_sample(image);
  TurnSlice({1, 0, 15}).apply(mirrored, rng);
  EXPECT_TRUE(torch::equal(mirrored.fields.at("image"), image.flip(-1)));
  EXPECT_EQ(mirrored.fields.size(), 1u);
  auto turned = slice_sample(image);
  TurnSlice({0, 1, 15}).apply(turned, rng);
  EXPECT_FALSE(torch::equal(turned.fields.at("image"), image));
  auto still = slice_sample(image);
  TurnSlice({0, 0, 15}).apply(still, rng);
  EXPECT_TRUE(torch::equal(still.fields.at("image"), image));
}

}  // namespace
}  // namespace plexus::mls
