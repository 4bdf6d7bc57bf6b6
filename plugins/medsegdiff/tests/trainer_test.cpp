#include "trainer.hpp"

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>

#include "fit_slice.hpp"
#include "support.hpp"

namespace plexus::medsegdiff {
namespace {

Batch training_batch(std::int64_t classes = 2) {
  auto batch = test::batch_of({"a", "b"}, {1, 32, 32});
  batch.fields["label"] = (batch.fields["image"].select(1, 0) * static_cast<double>(classes)).to(at::kByte);
  return batch;
}

TEST(MedSegDiffTrainer, AStepLowersItsLossAndReachesBothNetworks) {
  Model model(test::tiny(), test::slices());
  Trainer trainer({.batch_size = 2, .optimizer = {.optimizer = "adamw", .lr = 1e-3}}, model, test::slices());
  test::TestContext context;
  for (auto& optimizer : trainer.start(trainer.phases()[0], context)) context.optimizers[optimizer.name] = optimizer;
  model.network().train();
  const auto stem = model.network().stem()->weight.detach().clone();
  const auto highway = model.network().highway().parameters()[0].detach().clone();
  const test::OneStep step(training_batch());
  double first = 0, last = 0;
  for (int i = 0; i < 12; ++i) {
    context.set_step(i);
    const auto losses = trainer.step(step, context);
    double total = 0;
    for (const auto& [name, value] : losses)
      if (name == "loss_cal" || name == "loss_diff") total += value.item<double>();
    if (i == 0) first = total;
    last = total;
  }
  EXPECT_LT(last, first);
  EXPECT_FALSE(at::equal(stem, model.network().stem()->weight));
  EXPECT_FALSE(at::equal(highway, model.network().highway().parameters()[0]));
}

TEST(MedSegDiffTrainer, TheUNetSendsNoGradientIntoTheHighwayOfV2) {
  Model model(test::tiny(), test::slices());
  test::scramble(model.network());
  const auto batch = training_batch();
  const auto mask = (batch["label"] > 0).to(at::kFloat).unsqueeze(1);
  const auto terms = step_terms(model.network(), model.process(), objective(model.settings()), batch["image"], mask,
                                torch::tensor({3, 40}), torch::randn_like(mask));
  terms.diffusion.loss.mean().backward();
  for (const auto& parameter : model.network().highway().parameters()) EXPECT_FALSE(parameter.grad().defined());
  EXPECT_TRUE(model.network().stem()->weight.grad().defined());
}

TEST(MedSegDiffTrainer, TheHighwayLearnsByDiceAndCrossEntropyAtSomeSteps) {
  const auto highway_after_a_step = [](std::int64_t every) {
    torch::manual_seed(3);
    Model model(test::tiny(), test::slices());
    Trainer trainer({.batch_size = 2, .calibration_loss = "dice_ce", .calibration_every = every}, model, test::slices());
    test::TestContext context;
    for (auto& optimizer : trainer.start(trainer.phases()[0], context)) context.optimizers[optimizer.name] = optimizer;
    const auto before = model.network().highway().parameters()[0].detach().clone();
    const auto losses = trainer.step(test::OneStep(training_batch()), context);
    EXPECT_EQ(losses.at(1).first, "loss_cal");
    EXPECT_GT(losses.at(1).second.item<double>(), 0.5);  // Dice about 0.5, cross entropy about 0.7; the squared error is 0.25
    return (model.network().highway().parameters()[0] - before).abs().max().item<double>();
  };
  EXPECT_GT(highway_after_a_step(1), 0);
  EXPECT_EQ(highway_after_a_step(1000), 0);  // beyond the 50 steps of this diffusion: none but step 0 counts
}

TEST(MedSegDiffTrainer, LossesAreToldByQuartersOfTheDiffusion) {
  Losses losses;
  add_quarters(losses, "vb", torch::tensor({1., 2., 3., 8.}), torch::tensor({0, 249, 250, 999}), 1000);
  ASSERT_EQ(losses.size(), 3u);
  EXPECT_EQ(losses[0].first, "vb_q0");
  EXPECT_DOUBLE_EQ(losses[0].second.item<double>(), 1.5);
  EXPECT_EQ(losses[1].first, "vb_q1");
  EXPECT_DOUBLE_EQ(losses[1].second.item<double>(), 3);
  EXPECT_EQ(losses[2].first, "vb_q3");
  EXPECT_DOUBLE_EQ(losses[2].second.item<double>(), 8);
}

TEST(MedSegDiffTrainer, LossAwareDrawsWork) {
  Model model(test::tiny(), test::slices(1, 3));
  Trainer trainer({.batch_size = 2, .schedule_sampler = "loss-second-moment"}, model, test::slices(1, 3));
  test::TestContext context;
  for (auto& optimizer : trainer.start(trainer.phases()[0], context)) context.optimizers[optimizer.name] = optimizer;
  const auto losses = trainer.step(test::OneStep(training_batch(3)), context);
  for (const auto& [name, value] : losses) EXPECT_TRUE(value.isfinite().item<bool>()) << name;
}

TEST(MedSegDiffTrainer, TheRateFallsAsPublished) {
  EXPECT_DOUBLE_EQ(anneal(0, 10), 1);
  EXPECT_DOUBLE_EQ(anneal(1, 10), 1);
  EXPECT_DOUBLE_EQ(anneal(2, 10), 0.9);
  EXPECT_DOUBLE_EQ(anneal(500, 0), 1);
  Model model(test::tiny(), test::slices());
  EXPECT_EQ(Trainer({.max_steps = 7}, model, test::slices()).phases()[0].steps, 7);
  EXPECT_EQ(Trainer({.max_steps = 7, .lr_anneal_steps = 5}, model, test::slices()).phases()[0].steps, 5);
}

TEST(MedSegDiffTrainer, RefusesVolumes) {
  Model model(test::tiny(), test::slices());
  auto info = test::slices();
  info.dimensions = 3;
  EXPECT_THROW(Trainer({}, model, info), Error);
}

TEST(FitSlice, AThresholdOfZeroWidensMasks) {
  Sample sample;
  auto label = torch::zeros({40, 40}, at::kByte);
  label.slice(0, 10, 30).slice(1, 10, 30).fill_(1);
  sample.fields = {{"image", torch::rand({3, 40, 40})}, {"label", label}};
  auto wide = sample, exact = sample, same = sample;
  Rng rng(1);
  FitSlice(32, 0).apply(wide, rng);
  FitSlice(32, 0.5).apply(exact, rng);
  EXPECT_EQ(wide.fields["image"].sizes(), at::IntArrayRef({3, 32, 32}));
  EXPECT_GT(wide.fields["label"].sum().item<std::int64_t>(), exact.fields["label"].sum().item<std::int64_t>());
  EXPECT_EQ(exact.fields["label"].sum().item<std::int64_t>(), 16 * 16);
  FitSlice(40, 0).apply(same, rng);
  EXPECT_TRUE(at::equal(same.fields["label"], label));
}

}  // namespace
}  // namespace plexus::medsegdiff
