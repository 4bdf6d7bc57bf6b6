#include "trainer.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

#include "support.hpp"

namespace plexus::diffrect {
namespace {

using Names = std::vector<std::string>;

struct Rig {
  explicit Rig(TrainerSettings settings) : model(model_settings(), test::slices(3)), trainer(settings, model, test::slices(3)) {
    phase = trainer.phases().front();
    for (auto& optimizer : trainer.start(phase, context)) context.optimizers[optimizer.name] = optimizer;
    batch.of.resize(4);
    batch.fields = {{"image_weak", torch::rand({4, 1, 64, 64})},
                    {"image_strong", torch::rand({4, 1, 64, 64})},
                    {"label", torch::randint(3, {4, 64, 64}, at::kLong)}};
  }
  static ModelSettings model_settings() {
    ModelSettings settings;
    settings.feature_channels = {2, 2, 4, 4, 4};
    settings.patch_size = {64, 64};
    return settings;
  }
  std::map<std::string, double> step(std::int64_t i) {
    std::map<std::string, double> terms;
    for (const auto& [name, value] : trainer.step(test::TestStep(batch, i, phase.steps), context)) {
      EXPECT_FALSE(value.requires_grad()) << name;
      terms[name] = value.item<double>();
    }
    return terms;
  }
  Model model;
  Trainer trainer;
  Phase phase;
  test::TestContext context;
  Batch batch;
};

TrainerSettings small_training() {
  TrainerSettings settings;
  settings.max_iterations = 10;
  settings.batch_size = 4;
  settings.labeled_bs = 2;
  settings.refine_start = 3;
  return settings;
}

TEST(DiffRectTrainer, RectifiedLabelsTeachOnlyAfterTheirStart) {
  Rig rig(small_training());
  auto terms = rig.step(3);
  EXPECT_EQ(terms.at("rectified"), 0);
  EXPECT_FALSE(terms.contains("unsup_label_rect_loss"));
  EXPECT_EQ(rig.context.minimised, (Names{"unet", "rectifier"}));
  rig.context.minimised.clear();
  terms = rig.step(4);
  EXPECT_EQ(terms.at("rectified"), 1);
  EXPECT_TRUE(std::isfinite(terms.at("unsup_label_rect_loss")));
  EXPECT_EQ(rig.context.minimised, (Names{"unet", "rectifier", "unet"}));
}

TEST(DiffRectTrainer, NamesItsDraws) {
  Rig rig(small_training());
  rig.step(4);
  auto drawn = rig.context.drawn;
  std::sort(drawn.begin(), drawn.end());
  EXPECT_EQ(drawn, (Names{"noise_sample", "noise_sup", "noise_unsup", "t_sup", "t_unsup"}));
}

TEST(DiffRectTrainer, TruthOfUnlabelledRowsIsNotRead) {
  const auto loss = [](bool spoiled) {
    torch::manual_seed(3);
    Rig rig(small_training());
    torch::manual_seed(4);
    rig.batch.fields["label"] = torch::randint(3, {4, 64, 64}, at::kLong);
    if (spoiled) rig.batch.fields["label"].slice(0, 2).fill_(200);
    torch::manual_seed(5);
    return rig.step(4);
  };
  EXPECT_EQ(loss(false), loss(true));
}

TEST(DiffRectTrainer, RectifierKeepsItsModeAfterMakingLabels) {
  auto settings = small_training();
  settings.rectifier_mode = "eval";
  Rig rig(settings);
  rig.step(0);
  const auto tracked = [&] {
    return rig.model.rectifier().named_buffers()["embedder.in_conv.conv0.1.num_batches_tracked"].item<std::int64_t>();
  };
  const auto before = tracked();
  rig.step(4);
  EXPECT_TRUE(rig.model.rectifier().is_training());
  EXPECT_EQ(tracked(), before + 2);
}

TEST(DiffRectTrainer, BatchesAreLabelledThenCycledUnlabelled) {
  const Rig rig(small_training());
  const auto& parts = rig.phase.streams.front().parts;
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].subset, "labeled");
  EXPECT_EQ(parts[0].count, 2);
  EXPECT_EQ(parts[1].subset, "unlabeled");
  EXPECT_EQ(parts[1].order, Draws::Order::cycled);
  EXPECT_EQ(parts[0].transforms.size(), 2U);
}

TEST(DiffRectTrainer, RateFollowsOneIterationBehind) {
  auto settings = small_training();
  const Rig late(settings);
  EXPECT_DOUBLE_EQ(late.trainer.rate(0, 10), 1);
  EXPECT_DOUBLE_EQ(late.trainer.rate(1, 10), 1);
  EXPECT_DOUBLE_EQ(late.trainer.rate(6, 10), std::pow(0.5, 0.9));
  settings.lr_late = false;
  const Rig prompt(settings);
  EXPECT_DOUBLE_EQ(prompt.trainer.rate(5, 10), std::pow(0.5, 0.9));
  EXPECT_DOUBLE_EQ(prompt.trainer.rate(11, 10), 0);
}

TEST(DiffRectTrainer, RampLastsThirtyThousandIterationsOrTheBudget) {
  auto settings = small_training();
  const Rig published(settings);
  EXPECT_DOUBLE_EQ(published.trainer.consistency_weight(149, 10), 0.1 * std::exp(-5.0));
  EXPECT_DOUBLE_EQ(published.trainer.consistency_weight(15000, 10), 0.1 * std::exp(-1.25));
  EXPECT_DOUBLE_EQ(published.trainer.consistency_weight(30000, 10), 0.1);
  settings.ramp_scale = "budget";
  const Rig scaled(settings);
  EXPECT_DOUBLE_EQ(scaled.trainer.consistency_weight(0, 600), 0.1 * std::exp(-5.0));
  EXPECT_DOUBLE_EQ(scaled.trainer.consistency_weight(300, 600), 0.1 * std::exp(-1.25));
  EXPECT_DOUBLE_EQ(scaled.trainer.consistency_weight(600, 600), 0.1);
}

TEST(DiffRectTrainer, StatisticsAreThoseOfTheUnetAlone) {
  Rig rig(small_training());
  rig.model.unet().train();
  const auto weights = rig.model.unet().parameters().front().clone();
  EXPECT_EQ(rig.trainer.refresh_statistics(test::TestStep(rig.batch, 0, 10)), Names{"unet"});
  EXPECT_EQ(rig.model.unet().named_buffers()["encoder.in_conv.conv_conv.1.num_batches_tracked"].item<std::int64_t>(), 1);
  EXPECT_TRUE(at::equal(weights, rig.model.unet().parameters().front()));
}

TEST(DiffRectTrainer, RefusesVolumesAndOtherModels) {
  Model model(Rig::model_settings(), test::slices(3));
  auto volumes = test::slices(3);
  volumes.dimensions = 3;
  EXPECT_THROW(Trainer(small_training(), model, volumes), Error);
  struct Other final : plexus::Model {
    std::vector<Network> networks() override { return {}; }
    Prediction predict(const Batch&, Context&) override { return {}; }
  } other;
  EXPECT_THROW(Trainer(small_training(), other, test::slices(3)), Error);
  auto settings = small_training();
  settings.labeled_bs = 4;
  EXPECT_THROW(Trainer(settings, model, test::slices(3)), Error);
}

TEST(DiffRectTrainer, TakesTheAuthorsOptionNames) {
  TrainerSettings settings;
  Options options;
  settings.declare(options);
  options.apply(
      Node::map({{"base_lr", Node::scalar("0.02")}, {"refine_start", Node::scalar("50")}, {"rot", Node::scalar("20")}}),
      "trainer");
  EXPECT_EQ(settings.base_lr, 0.02);
  EXPECT_EQ(settings.refine_start, 50);
  EXPECT_EQ(settings.augment.rot, 20);
  EXPECT_THROW(options.apply(Node::map({{"labeled_bs", Node::scalar("6")}}), "trainer"), Error);
}

}  // namespace
}  // namespace plexus::diffrect
