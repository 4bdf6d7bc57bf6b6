#include "trainer.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

#include "model.hpp"
#include "support/one_step.hpp"

namespace plexus::supervised {
namespace {

DataInfo slices() {
  DataInfo info;
  info.dimensions = 2;
  info.labels = {{.id = 0, .name = "background"}, {.id = 1, .name = "disc"}};
  return info;
}

ModelSettings small() {
  ModelSettings settings;
  settings.widths = {8, 16};
  settings.dropout = {0, 0};
  settings.patch_size = {16, 16};
  return settings;
}

class PlainContext final : public Context {
 public:
  at::Device device() const override { return at::kCPU; }
  at::Tensor draw(std::string_view, const std::vector<std::string>&, at::IntArrayRef, Distribution) override { return {}; }
  void minimise(std::string_view, const at::Tensor& loss) override {
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
  }
  bool stop_requested() const noexcept override { return false; }
  void progress(double, std::string_view) override {}
  std::shared_ptr<torch::optim::Optimizer> optimizer;
};

// Bright discs on a dark ground.
Batch discs() {
  const auto y = torch::arange(16).view({1, 16, 1}), x = torch::arange(16).view({1, 1, 16});
  const auto centre = torch::tensor({5, 8, 10, 7}).view({4, 1, 1});
  const auto label = ((y - centre).square() + (x - centre).square() < 16).to(at::kLong);
  Batch batch;
  batch.of.resize(4);
  batch.fields = {{"image", label.to(at::kFloat).unsqueeze(1) * 0.8 + 0.1}, {"label", label}};
  return batch;
}

TEST(SupervisedTrainer, LearnsDiscs) {
  torch::manual_seed(1);
  Model model(small(), slices());
  Trainer trainer({}, model, slices());
  PlainContext context;
  context.optimizer = trainer.start(trainer.phases().front(), context).front().of;
  const test::OneStep step(discs(), 1);
  double first = 0, last = 0;
  for (int i = 0; i < 40; ++i) {
    const auto losses = trainer.step(step, context);
    last = losses.front().second.item<double>();
    if (i == 0) first = last;
  }
  EXPECT_LT(last, 0.5 * first);
  for (const auto& network : model.networks()) network.module->eval();
  const auto label = model.predict(step["train"], context).fields.at("label");
  EXPECT_GT(label.eq(step["train"]["label"]).to(at::kFloat).mean().item<double>(), 0.9);
}

TEST(SupervisedTrainer, DrawsLabelledSamplesOnly) {
  Model model(small(), slices());
  TrainerSettings settings;
  settings.batch_size = 3;
  settings.max_iterations = 7;
  const auto phases = Trainer(settings, model, slices()).phases();
  ASSERT_EQ(phases.size(), 1U);
  EXPECT_EQ(phases[0].steps, 7);
  ASSERT_EQ(phases[0].streams.size(), 1U);
  ASSERT_EQ(phases[0].streams[0].parts.size(), 1U);
  EXPECT_EQ(phases[0].streams[0].parts[0].subset, "labeled");
  EXPECT_EQ(phases[0].streams[0].parts[0].count, 3);
}

TEST(SupervisedTrainer, RefreshesTheNetworksThatPredict) {
  Model model(small(), slices());
  Trainer trainer({}, model, slices());
  EXPECT_EQ(trainer.refresh_statistics(test::OneStep(discs(), 1)), std::vector<std::string>{"unet"});
}

TEST(SupervisedTrainer, RefusesModelsThatDoNotSegment) {
  struct Other final : plexus::Model {
    std::vector<Network> networks() override { return {}; }
    Prediction predict(const Batch&, Context&) override { return {}; }
  } other;
  EXPECT_THROW(Trainer({}, other, slices()), Error);
}

TEST(SupervisedModel, RefusesSizesThatDoNotDivide) {
  auto settings = small();
  settings.patch_size = {15, 16};
  EXPECT_THROW(Model(settings, slices()), Error);
  settings.patch_size = {16};
  EXPECT_THROW(Model(settings, slices()), Error);
}

}  // namespace
}  // namespace plexus::supervised
