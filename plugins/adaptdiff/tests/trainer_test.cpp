#include "trainer.hpp"

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

#include "segmenter_trainer.hpp"
#include "support.hpp"

namespace plexus::adaptdiff {
namespace {

Batch patches(std::int64_t count, std::int64_t channels) {
  std::vector<std::string> ids;
  for (std::int64_t i = 0; i < count; ++i) ids.push_back("patch" + std::to_string(i));
  const auto label = torch::rand({count, 8, 8}).gt(0.7).to(at::kLong).repeat_interleave(4, 1).repeat_interleave(4, 2);
  auto batch = test::masks(ids, label);
  batch.fields["image"] = (label.unsqueeze(1) * 1.2 - 0.6 + 0.1 * torch::randn({count, channels, 32, 32})).clamp(-1, 1).to(at::kFloat);
  return batch;
}

void fill(torch::nn::Module& network) {
  const at::NoGradGuard no_grad;
  for (auto& parameter : network.parameters()) parameter.add_(0.01);
}

double term(const Losses& losses, const std::string& name) {
  for (const auto& [key, value] : losses)
    if (key == name) return value.item<double>();
  ADD_FAILURE() << "no term " << name;
  return 0;
}

TEST(AdaptDiffTrainer, LearnsToPredictTheNoise) {
  torch::manual_seed(7);
  auto settings = test::small_model();
  settings.pseudo_labels = "data";
  Model model(settings, test::vessels());
  EXPECT_EQ(model.networks().size(), 1U);
  Trainer trainer({.learning = {.max_iterations = 60, .lr = 0.01, .lr_every = 30}}, model, test::vessels());
  test::TrainingContext context;
  context.optimizer = trainer.start(trainer.phases().front(), context).front();
  model.unet().train();
  const auto batch = patches(4, 1);
  double first = 0, last = 0;
  for (int i = 0; i < 60; ++i) {
    context.set_step(i);
    const double loss = term(trainer.step(test::OneStep(batch), context), "loss");
    if (i < 10) first += loss;
    if (i >= 50) last += loss;
  }
  EXPECT_LT(last, 0.9 * first);
}

TEST(AdaptDiffTrainer, PseudoLabelsLeaveTheSegmenterAsItIs) {
  Model model(test::small_model(), test::vessels(3));
  Trainer trainer({}, model, test::vessels(3));
  test::TrainingContext context;
  EXPECT_THROW(trainer.start(trainer.phases().front(), context), Error);  // nothing has filled the segmenter
  fill(*model.segmenter());
  context.optimizer = trainer.start(trainer.phases().front(), context).front();
  std::vector<at::Tensor> before;
  for (const auto& [name, state] : model.segmenter()->named_buffers().pairs()) before.push_back(state.clone());
  for (const auto& parameter : model.segmenter()->parameters()) before.push_back(parameter.clone());
  model.segmenter()->train();
  trainer.step(test::OneStep(patches(2, 3)), context);
  std::vector<at::Tensor> after;
  for (const auto& [name, state] : model.segmenter()->named_buffers().pairs()) after.push_back(state);
  for (const auto& parameter : model.segmenter()->parameters()) after.push_back(parameter);
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(at::equal(after[i], before[i]));
  for (const auto& parameter : model.segmenter()->parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(AdaptDiffTrainer, HandsAPreviewToTheLogAndLeavesStatisticsAlone) {
  auto settings = test::small_model();
  settings.pseudo_labels = "data";
  Model model(settings, test::vessels());
  for (const std::int64_t preview : {0, 3}) {
    Trainer trainer({.preview = preview}, model, test::vessels());
    test::TrainingContext context;
    context.optimizer = trainer.start(trainer.phases().front(), context).front();
    std::vector<at::Tensor> pictures;
    context.set_picture([&](std::string_view name, const at::Tensor& image) {
      EXPECT_EQ(name, "preview");
      pictures.push_back(image);
    });
    model.unet().train();
    const auto batch = patches(2, 1);
    trainer.step(test::OneStep(batch), context);
    std::vector<at::Tensor> before;
    for (const auto& buffer : model.unet().buffers()) before.push_back(buffer.clone());
    trainer.end_epoch(0, context);
    const auto after = model.unet().buffers();
    for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(at::equal(after[i], before[i]));
    EXPECT_TRUE(model.unet().is_training());
    ASSERT_EQ(pictures.size(), preview > 0 ? 1U : 0U);
    if (preview == 0) continue;
    EXPECT_EQ(pictures[0].sizes(), (std::vector<std::int64_t>{32, 64}));
    EXPECT_TRUE(at::equal(pictures[0].slice(1, 0, 32), batch["label"][0].gt(0).to(at::kByte) * 255));
  }
}

TEST(AdaptDiffTrainer, BringsPatchesToSignedRange) {
  Model model(test::small_model(), test::vessels());
  const auto image = torch::rand({3, 4, 4}) * 0.4 + 0.2;
  const auto ranged = [&](const std::string& range) {
    const auto phases = Trainer({.range = range}, model, test::vessels()).phases();
    Sample sample;
    sample.fields["image"] = image;
    Rng rng(1);
    for (const auto& transform : phases.front().streams.front().parts.front().transforms) transform->apply(sample, rng);
    return sample.fields.at("image");
  };
  EXPECT_FLOAT_EQ(ranged("patch").min().item<float>(), -1);
  EXPECT_FLOAT_EQ(ranged("patch").max().item<float>(), 1);
  EXPECT_TRUE(at::allclose(ranged("unit"), image * 2 - 1));
  EXPECT_TRUE(at::equal(ranged("signed"), image));
}

TEST(AdaptDiffTrainer, DropsConditions) {
  auto settings = test::small_model();
  settings.pseudo_labels = "data";
  Model model(settings, test::vessels());
  const auto batch = patches(2, 1);
  const auto loss_with = [&](double share, const Batch& given) {
    Trainer trainer({.drop_condition = share}, model, test::vessels());
    test::TrainingContext context;
    context.set_minimise([](std::string_view, const at::Tensor&) {});
    return term(trainer.step(test::OneStep(given), context), "loss");
  };
  auto empty = batch;
  empty.fields["label"] = torch::zeros_like(batch["label"]);
  model.unet().eval();
  EXPECT_DOUBLE_EQ(loss_with(1, batch), loss_with(0, empty));
  EXPECT_NE(loss_with(0, batch), loss_with(0, empty));
}

TEST(AdaptDiffTrainer, RefusesOtherModelsSizesAndVolumes) {
  Model model(test::small_model(), test::vessels());
  SegmenterModel segmenter({.widths = {4, 4}}, test::vessels());
  EXPECT_THROW(Trainer({}, segmenter, test::vessels()), Error);
  EXPECT_THROW(SegmenterTrainer({}, model, test::vessels()), Error);
  auto volumes = test::vessels();
  volumes.dimensions = 3;
  EXPECT_THROW(Trainer({}, model, volumes), Error);
  Trainer trainer({}, model, test::vessels());
  test::TrainingContext context;
  fill(*model.segmenter());
  context.optimizer = trainer.start(trainer.phases().front(), context).front();
  auto batch = patches(1, 1);
  batch.fields["image"] = batch["image"].slice(2, 0, 30);
  EXPECT_THROW(trainer.step(test::OneStep(batch), context), Error);
}

TEST(SegmenterTrainer, LearnsVesselsAndLogsTheDiceOfLabels) {
  torch::manual_seed(8);
  SegmenterModel model({.widths = {4, 8}}, test::vessels());
  SegmenterTrainer trainer({.learning = {.max_iterations = 60, .lr = 0.01, .lr_every = 60}}, model, test::vessels());
  test::TrainingContext context;
  context.optimizer = trainer.start(trainer.phases().front(), context).front();
  const auto batch = patches(4, 1);
  model.networks().front().module->train();
  const double first = term(trainer.step(test::OneStep(batch), context), "ce");
  for (int i = 0; i < 60; ++i) trainer.step(test::OneStep(batch), context);
  const auto last = trainer.step(test::OneStep(batch), context);
  EXPECT_LT(term(last, "ce"), 0.7 * first);
  EXPECT_NEAR(term(last, "loss"), term(last, "ce") + term(last, "dsc"), 1e-5);
}

TEST(SegmenterTrainer, AugmentsOnceOrAnewInEveryEpoch) {
  SegmenterModel model({.widths = {4, 8}}, test::vessels());
  const auto augmented = [&](const std::string& augment, std::uint64_t epoch) {
    const SegmenterTrainer trainer({.augment = augment}, model, test::vessels());
    Sample sample;
    sample.id = "pair_3";
    sample.fields["image"] = torch::linspace(0, 1, 64).view({1, 8, 8});
    Rng rng(epoch);
    const auto phases = trainer.phases();
    for (const auto& transform : phases.front().streams.front().parts.front().transforms) transform->apply(sample, rng);
    return sample.fields.at("image");
  };
  EXPECT_TRUE(at::equal(augmented("fixed", 1), augmented("fixed", 2)));
  EXPECT_FALSE(at::equal(augmented("fresh", 1), augmented("fresh", 2)));
  EXPECT_TRUE(at::equal(augmented("none", 1), torch::linspace(0, 1, 64).view({1, 8, 8})));
}

TEST(SegmenterModel, SegmentsPlanesAndVolumesOfAnySize) {
  SegmenterModel model({.widths = {4, 8}}, test::vessels());
  for (const auto& network : model.networks()) network.module->eval();
  test::TrainingContext context;
  Batch batch;
  batch.of.resize(2);
  batch.fields["image"] = torch::rand({2, 1, 17, 30});
  EXPECT_EQ(model.predict(batch, context).fields.at("label").sizes(), at::IntArrayRef({2, 17, 30}));
  batch.fields["image"] = torch::rand({2, 1, 3, 17, 30});
  EXPECT_EQ(model.predict(batch, context).fields.at("label").sizes(), at::IntArrayRef({2, 3, 17, 30}));
  EXPECT_THROW(model.logits(torch::rand({1, 1, 17, 32})), Error);
}

TEST(Learning, FallsByEpochsOrIterations) {
  const std::vector<at::Tensor> parameters{torch::zeros({1}).set_requires_grad(true)};
  Learning by_epochs({.epochs = 10, .lr_every = 2, .lr_factor = 0.5});
  EXPECT_EQ(by_epochs.phase({}).epochs, 10);
  auto schedule = by_epochs.optimizer("net", parameters).schedule;
  EXPECT_DOUBLE_EQ(schedule(1000), 1);
  by_epochs.end_epoch(0);
  EXPECT_DOUBLE_EQ(schedule(2000), 1);
  by_epochs.end_epoch(1);
  EXPECT_DOUBLE_EQ(schedule(2001), 0.5);
  Learning by_steps({.max_iterations = 100, .lr_every = 40, .lr_factor = 0.1});
  EXPECT_EQ(by_steps.phase({}).steps, 100);
  EXPECT_EQ(by_steps.phase({}).epochs, 0);
  schedule = by_steps.optimizer("net", parameters).schedule;
  EXPECT_DOUBLE_EQ(schedule(39), 1);
  EXPECT_DOUBLE_EQ(schedule(40), 0.1);
}

}  // namespace
}  // namespace plexus::adaptdiff
