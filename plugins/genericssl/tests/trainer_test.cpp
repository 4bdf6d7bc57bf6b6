#include "trainer.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>
#include <plexus/nn/state_dict.hpp>

#include "support.hpp"
#include "theta.hpp"

namespace plexus::genericssl {
namespace {

using Names = std::vector<std::string>;

TrainerSettings small_training() {
  TrainerSettings settings;
  settings.batch_size = 2;
  settings.max_epoch = 10;
  return settings;
}

struct Rig {
  explicit Rig(TrainerSettings settings, int dimensions = 2, ModelSettings model_settings = test::tiny_model(2))
      : info(test::data_of(3, dimensions)),
        model((model_settings.patch_size.resize(static_cast<std::size_t>(dimensions), 16),
               model_settings.stride.resize(static_cast<std::size_t>(dimensions), 12), model_settings),
              info),
        trainer(settings, model, info),
        labeled(test::random_batch(dimensions, 3, true)),
        unlabeled(test::random_batch(dimensions, 3, false)) {
    context.optimizer = trainer.start(trainer.phases().front(), context).front().of;
  }
  std::map<std::string, double> step(std::int64_t i = 0, std::int64_t epoch = 0) {
    std::map<std::string, double> terms;
    for (const auto& [name, value] : trainer.step(test::TestStep(labeled, unlabeled, i, epoch), context)) {
      EXPECT_FALSE(value.requires_grad()) << name;
      terms[name] = value.item<double>();
    }
    return terms;
  }
  std::int64_t tracked(const std::string& layer) {
    return model.network().named_buffers()[layer + ".num_batches_tracked"].item<std::int64_t>();
  }
  DataInfo info;
  Model model;
  Trainer trainer;
  Batch labeled, unlabeled;
  test::TestContext context;
};

TEST(GenericSslTrainer, StatisticsAreUpdatedAsOftenAsPublished) {
  torch::manual_seed(1);
  Rig rig(small_training(), 3);
  rig.step();
  EXPECT_EQ(rig.tracked("denoise_model.encoder.block_two.ops.0.norm"), 14);
  EXPECT_EQ(rig.tracked("embedding.emb.ops.0.norm"), 3);
  EXPECT_EQ(rig.tracked("denoise_model.embedding_diffusion.emb.ops.0.norm"), 11);
  EXPECT_EQ(rig.tracked("denoise_model.decoder.block_nine.ops.0.norm"), 11);
  EXPECT_EQ(rig.tracked("decoder_psi.block_nine.ops.0.norm"), 2);
  EXPECT_EQ(rig.tracked("decoder_theta.block_nine.ops.0.norm"), 1);
}

TEST(GenericSslTrainer, AnEvalSamplerLeavesStatisticsAlone) {
  torch::manual_seed(1);
  auto settings = small_training();
  settings.sampler_mode = "eval";
  Rig rig(settings);
  rig.step();
  EXPECT_EQ(rig.tracked("denoise_model.encoder.block_two.ops.0.norm"), 3);
  EXPECT_EQ(rig.tracked("decoder_psi.block_nine.ops.0.norm"), 1);
  EXPECT_TRUE(rig.model.network().is_training());
}

TEST(GenericSslTrainer, ASharedEncoderRunsOnceLess) {
  torch::manual_seed(1);
  auto settings = small_training();
  settings.share_encoder = true;
  Rig rig(settings);
  rig.step();
  EXPECT_EQ(rig.tracked("denoise_model.encoder.block_two.ops.0.norm"), 13);
  EXPECT_EQ(rig.tracked("decoder_psi.block_nine.ops.0.norm"), 2);
}

TEST(GenericSslTrainer, NamesItsDrawsAndTerms) {
  torch::manual_seed(2);
  Rig rig(small_training());
  const auto terms = rig.step();
  EXPECT_EQ(rig.context.drawn, (Names{"t", "q_noise", "ddim_noise", "gumbel"}));
  EXPECT_NEAR(terms.at("loss"), terms.at("deno") + terms.at("diff") + terms.at("mu") * terms.at("unsup"), 1e-4);
  EXPECT_TRUE(terms.contains("class_weights/c2"));
  EXPECT_LE(terms.at("pseudo/xi_agrees_with_psi"), 1);
  auto settings = small_training();
  settings.gumbel = false;
  Rig quiet(settings);
  quiet.step();
  EXPECT_EQ(quiet.context.drawn, (Names{"t", "q_noise", "ddim_noise"}));
}

TEST(GenericSslTrainer, ThetaIsDrawnToTheMeanOnceAStep) {
  torch::manual_seed(3);
  auto settings = small_training();
  settings.ema_w = 0.25;
  Rig rig(settings);
  rig.context.step = false;  // of the optimiser, so that only the average moves weights
  auto& network = rig.model.network();
  const auto name = std::string("block_seven.ops.1.conv.weight");
  const auto xi = network.xi_decoder().named_parameters()[name].detach().clone();
  const auto psi = network.psi_decoder().named_parameters()[name].detach().clone();
  auto expected = network.theta_decoder().named_parameters()[name].detach().clone();
  const auto mean_buffer = std::string("block_seven.ops.1.norm.running_mean");
  const auto statistics = network.theta_decoder().named_buffers()[mean_buffer].clone();
  expected = 0.25 * expected + 0.75 * (xi + psi) / 2;
  average_theta(network, 1.0);  // no change
  EXPECT_TRUE(torch::equal(statistics, network.theta_decoder().named_buffers()[mean_buffer]));
  rig.step(0);
  rig.step(0);  // the same step's second piece
  EXPECT_TRUE(torch::allclose(network.theta_decoder().named_parameters()[name], expected, 1e-5, 1e-7));
  rig.step(1);
  EXPECT_FALSE(torch::allclose(network.theta_decoder().named_parameters()[name], expected, 1e-5, 1e-7));
}

TEST(GenericSslTrainer, StreamsWalkInStepOverTheLongerSubset) {
  const Rig rig(small_training());
  const auto phase = rig.trainer.phases().front();
  EXPECT_EQ(phase.epochs, 11);
  ASSERT_EQ(phase.streams.size(), 2U);
  for (const auto& stream : phase.streams) {
    ASSERT_EQ(stream.parts.size(), 1U);
    EXPECT_EQ(stream.parts[0].subset, stream.name);
    EXPECT_EQ(stream.parts[0].count, 2);
    EXPECT_EQ(stream.parts[0].as_long_as, (Names{"labeled", "unlabeled"}));
  }
}

TEST(GenericSslTrainer, UnlabelledSamplesLoseTheirLabelBeforeAnythingElse) {
  const Rig rig(small_training());
  const auto phase = rig.trainer.phases().front();
  Sample sample;
  sample.fields = {{"image", torch::rand({1, 20, 24})}, {"label", torch::zeros({20, 24}, at::kByte)}};
  Rng rng(1);
  for (const auto& transform : phase.streams[1].parts[0].transforms) transform->apply(sample, rng);
  EXPECT_EQ(sample.fields.at("image").sizes(), at::IntArrayRef({1, 16, 16}));
  EXPECT_FALSE(sample.fields.contains("label"));
}

TEST(GenericSslTrainer, RateAndMuLagOneEpoch) {
  auto settings = small_training();
  const Rig late(settings);
  EXPECT_DOUBLE_EQ(late.trainer.rate(0), 1);
  EXPECT_DOUBLE_EQ(late.trainer.rate(1), 1);
  EXPECT_DOUBLE_EQ(late.trainer.rate(6), std::pow(0.5, 0.9));
  EXPECT_DOUBLE_EQ(late.trainer.unlabeled_weight(1), 10 * std::exp(-5.0));
  EXPECT_DOUBLE_EQ(late.trainer.unlabeled_weight(6), 10 * std::exp(-1.25));
  settings.late = false;
  settings.rampup_epoch = 5;
  const Rig prompt(settings);
  EXPECT_DOUBLE_EQ(prompt.trainer.rate(5), std::pow(0.5, 0.9));
  EXPECT_DOUBLE_EQ(prompt.trainer.unlabeled_weight(7), 10);
  settings.mu_rampup = false;
  EXPECT_DOUBLE_EQ(Rig(settings).trainer.unlabeled_weight(0), 10);
}

// The middle patches of its cases.
class TwoCases final : public Validation {
 public:
  explicit TwoCases(std::vector<std::int64_t> size) : size_(std::move(size)) {}
  Score by_metrics(const std::string&) override { return {0.25, {}}; }
  void each(const std::string& subset, const std::function<void(const Batch&)>& visit) override {
    EXPECT_EQ(subset, "val");
    const at::NoGradGuard no_grad;
    for (int i = 0; i < 2; ++i) {
      auto shape = size_;
      Batch batch;
      batch.of.resize(1);
      shape.insert(shape.begin(), 1);
      batch.fields["label"] = torch::full(shape, i, at::kLong);  // of class 0, then of class 1
      shape.insert(shape.begin(), 1);
      batch.fields["image"] = torch::rand(shape);
      visit(batch);
    }
  }

 private:
  std::vector<std::int64_t> size_;
};

TEST(GenericSslTrainer, ValidatesMiddlePatchesByThetasDice) {
  torch::manual_seed(6);
  Rig rig(small_training());
  // A theta that says class 1 everywhere.
  const at::NoGradGuard no_grad;
  auto out = rig.model.network().theta_decoder().named_parameters();
  out["out_conv.weight"].zero_();
  out["out_conv.bias"].copy_(torch::tensor({0.0, 1.0, 0.0}));
  rig.model.network().eval();
  TwoCases cases({30, 41});
  const auto score = rig.trainer.validate(cases, rig.context);
  ASSERT_TRUE(score);
  std::map<std::string, double> details(score->details.begin(), score->details.end());
  EXPECT_NEAR(details.at("centre_dice/c1"), 0.5, 1e-6);  // 0 where it is not, 1 where it is
  EXPECT_NEAR(details.at("centre_dice/c2"), 0.5, 1e-6);  // in neither: 1/2
  EXPECT_NEAR(score->value, 0.5, 1e-6);
  TwoCases volumes({4, 30, 41});
  EXPECT_THROW(rig.trainer.validate(volumes, rig.context), Error);
  auto settings = small_training();
  settings.validation = "windows";
  EXPECT_EQ(Rig(settings).trainer.validate(volumes, rig.context)->value, 0.25);
}

TEST(GenericSslTrainer, RefusesOtherModelsAndDimensions) {
  struct Other final : plexus::Model {
    std::vector<Network> networks() override { return {}; }
    Prediction predict(const Batch&, Context&) override { return {}; }
  } other;
  EXPECT_THROW(Trainer(small_training(), other, test::data_of(2, 2)), Error);
  Model flat(test::tiny_model(2), test::data_of(2, 2));
  EXPECT_THROW(Trainer(small_training(), flat, test::data_of(2, 3)), Error);
}

TEST(GenericSslTrainer, TakesTheAuthorsOptionNames) {
  TrainerSettings settings;
  Options options;
  settings.declare(options);
  options.apply(Node::map({{"base_lr", Node::scalar("0.02")},
                           {"w", Node::scalar("2")},
                           {"ema_w", Node::scalar("0.9")},
                           {"cps_loss", Node::scalar("wce")},
                           {"rampup_epoch", Node::scalar("100")}}),
                "trainer");
  EXPECT_EQ(settings.base_lr, 0.02);
  EXPECT_EQ(settings.mu, 2);
  EXPECT_EQ(settings.ema_w, 0.9);
  EXPECT_EQ(settings.unsup_loss, "wce");
  EXPECT_EQ(settings.rampup_epoch, 100);
}

}  // namespace
}  // namespace plexus::genericssl
