#include "model.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include <plexus/base/error.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/train/predict.hpp>

#include "support.hpp"

namespace plexus::mls {
namespace {

// A head of 40 HU in air, brighter on its left; 6 planes.
Sample scan() {
  Sample sample;
  sample.id = sample.case_id = "scan";
  auto volume = torch::full({6, 40, 36}, -1000.0F);
  torch::manual_seed(3);
  volume.slice(1, 5, 35).slice(2, 6, 30).copy_(torch::rand({6, 30, 24}) * 60 + 10);
  sample.fields["image"] = volume.unsqueeze(0);
  sample.geometry.known = true;
  sample.geometry.spacing = {0.9, 1.1, 5};
  sample.geometry.origin = {-20, 10, 3};
  return sample;
}

// The same scan stored with its axes turned: columns to the right, planes from the top.
Sample turned(const Sample& sample) {
  Sample other = sample;
  other.fields["image"] = sample.fields.at("image").flip({1, 3}).contiguous();
  other.geometry = flipped(flipped(sample.geometry, 0, 36), 2, 6);
  return other;
}

struct Rig {
  explicit Rig(ModelSettings settings = test::tiny_model()) : model((torch::manual_seed(1), settings), test::head_info()) {
    const at::NoGradGuard no_grad;
    // Weights that answer something: convolutions that begin at zero would not.
    for (const auto& network : model.networks())
      for (auto& parameter : network.module->parameters())
        if (parameter.abs().max().item<float>() == 0) parameter.normal_(0, 0.05);
  }
  Prediction operator()(const Sample& sample) {
    HostContext context(prediction_key(1), at::kCPU);
    return predict_case(model, sample, context);
  }
  ShiftModel model;
};

double value(const Prediction& prediction, const std::string& name) {
  for (const auto& [key, number] : prediction.values)
    if (key == name) return number;
  ADD_FAILURE() << "no value " << name;
  return std::nan("");
}

TEST(MlsModel, PredictsOnTheScansGrid) {
  Rig rig;
  const auto prediction = rig(scan());
  EXPECT_EQ(prediction.fields.at("field").sizes(), at::IntArrayRef({3, 6, 40, 36}));
  EXPECT_EQ(prediction.fields.at("counterpart").squeeze(0).sizes(), at::IntArrayRef({6, 40, 36}));
  EXPECT_GT(value(prediction, "shift_mm"), 0);
  const auto slice = value(prediction, "slice");
  EXPECT_GE(slice, 1);
  EXPECT_LE(slice, 4);  // first_slice 1, skip_last 2 of 6 planes
  EXPECT_EQ(value(prediction, "shift_mm"), value(prediction, "shift_mm/slice_" + std::to_string(static_cast<int>(slice))));
  // Planes that were not looked at have no field; displacements lie in the planes.
  const auto& field = prediction.fields.at("field");
  EXPECT_EQ(field.select(1, 0).abs().max().item<float>(), 0);
  EXPECT_GT(field.select(1, 2).abs().max().item<float>(), 0);
  EXPECT_EQ(field[2].abs().max().item<float>(), 0);
  const auto& picture = prediction.pictures.at("midline");
  EXPECT_EQ(picture.size(2), 3);
  EXPECT_EQ(picture.scalar_type(), at::kByte);
}

TEST(MlsModel, HowAScanIsStoredChangesNothingInThePatient) {
  Rig rig;
  const auto one = rig(scan()), other = rig(turned(scan()));
  for (const char* name : {"shift_mm", "shift", "folded"}) EXPECT_EQ(value(one, name), value(other, name)) << name;
  EXPECT_EQ(value(other, "slice"), 5 - value(one, "slice"));
  EXPECT_EQ(value(other, "column"), 35 - value(one, "column"));
  EXPECT_EQ(value(other, "row"), value(one, "row"));
  // The vectors are the patient's, so only their places are turned.
  EXPECT_TRUE(torch::allclose(one.fields.at("field"), other.fields.at("field").flip({1, 3}), 0, 1e-4));
}

TEST(MlsModel, MillimetresFollowTheSpacing) {
  Rig rig;
  auto double_size = scan();
  for (auto& step : double_size.geometry.spacing) step *= 2;
  const auto one = rig(scan()), other = rig(double_size);
  EXPECT_NEAR(value(other, "shift_mm"), 2 * value(one, "shift_mm"), 1e-5);
  EXPECT_EQ(value(other, "shift"), value(one, "shift"));
  auto unknown = scan();
  unknown.geometry = {};
  EXPECT_TRUE(std::isnan(value(rig(unknown), "shift_mm")));
}

TEST(MlsModel, BatchesDoNotChangeThePrediction) {
  auto settings = test::tiny_model();
  settings.predict_batch = 1;
  Rig single(settings);
  settings.predict_batch = 4;
  Rig several(settings);
  const auto one = single(scan()), other = several(scan());
  for (const auto& [name, number] : one.values) EXPECT_NEAR(number, value(other, name), 1e-4 * std::max(1.0, number)) << name;
}

TEST(MlsModel, TheLargestIsLookedForInsideTheHead) {
  auto field = torch::zeros({1, 2, 8, 8});
  field[0][1][0][0] = 9;  // outside
  field[0][1][4][5] = -2;
  auto head = torch::zeros({1, 1, 8, 8}, at::kByte);
  head.slice(2, 3, 6).slice(3, 3, 7).fill_(1);
  const auto inside = largest_shifts(field, head, {2, 0.5});
  EXPECT_DOUBLE_EQ(inside.pixels.item<double>(), 2);
  EXPECT_DOUBLE_EQ(inside.mm.item<double>(), 1);
  EXPECT_EQ(inside.place.item<std::int64_t>(), 4 * 8 + 5);
  EXPECT_DOUBLE_EQ(largest_shifts(field, {}, {}).pixels.item<double>(), 9);
  EXPECT_TRUE(std::isnan(largest_shifts(field, {}, {}).mm.item<double>()));
  EXPECT_DOUBLE_EQ(largest_shifts(field, {}, {}, 99).pixels.item<double>(), 2);  // the second largest of 64
}

TEST(MlsModel, DrawsAreAveragedWithTheirSpread) {
  auto settings = test::tiny_model();
  settings.draws = 3;
  const auto prediction = Rig(settings)(scan());
  EXPECT_GT(value(prediction, "shift_sd_mm"), 0);
  EXPECT_EQ(value(Rig()(scan()), "shift_sd_mm"), 0);
}

TEST(MlsModel, CounterpartsAreWrittenAsAskedFor) {
  auto settings = test::tiny_model();
  settings.counterpart = "none";
  EXPECT_FALSE(Rig(settings)(scan()).fields.count("counterpart"));
  settings.counterpart = "deciding";
  const auto prediction = Rig(settings)(scan());
  const auto counterpart = prediction.fields.at("counterpart").view({6, 40, 36});
  for (std::int64_t k = 0; k < 6; ++k)
    EXPECT_EQ(counterpart[k].abs().max().item<float>() > 0, k == static_cast<std::int64_t>(value(prediction, "slice"))) << k;
}

TEST(MlsModel, GeneratesTrainingSlicesWithTheirCounterparts) {
  auto settings = test::tiny_model();
  settings.copies = 2;
  Rig rig(settings);
  struct Kept final : Sink {
    void write(Sample sample) override { samples.push_back(std::move(sample)); }
    std::vector<Sample> samples;
  } sink;
  auto batch = test::slices(0, 2);
  const auto hu = torch::rand({2, 1, 32, 32}) * 90;
  batch.fields["image"] = hu;
  HostContext context(prediction_key(1), at::kCPU);
  const at::NoGradGuard no_grad;
  rig.model.generate(batch, sink, context);
  ASSERT_EQ(sink.samples.size(), 2u);
  const auto& made = sink.samples.front();
  EXPECT_EQ(made.id, "case_slice_0");
  EXPECT_TRUE(torch::equal(made.fields.at("image"), hu[0]));  // as it came: training windows it
  EXPECT_EQ(made.fields.at("counterpart").sizes(), at::IntArrayRef({2, 32, 32}));
  EXPECT_LE(made.fields.at("counterpart").abs().max().item<float>(), 1);
  EXPECT_FALSE(torch::equal(made.fields.at("difference")[0], made.fields.at("difference")[1]));
  EXPECT_TRUE(made.fields.count("landmarks"));
  // What is made of a sample does not depend on the batch.
  Kept alone;
  auto second = test::slices(1, 2);
  second.fields["image"] = hu.slice(0, 1);
  rig.model.generate(second, alone, context);
  EXPECT_TRUE(torch::allclose(alone.samples.front().fields.at("counterpart"), sink.samples[1].fields.at("counterpart"), 0, 1e-4));
}

TEST(MlsModel, FrozenNetworksComeFromElsewhere) {
  Rig rig;
  const auto networks = rig.model.networks();
  ASSERT_EQ(networks.size(), 3u);
  EXPECT_EQ(networks[0].role, Network::Role::trained);
  for (const std::size_t k : {1, 2}) {
    EXPECT_EQ(networks[k].role, Network::Role::frozen);
    EXPECT_TRUE(networks[k].needed_to_predict);
  }
}

TEST(MlsModel, OptionsThatDoNotFitAreRefused) {
  const auto refused = [](const char* key, const char* text) {
    ModelSettings settings;
    Options options;
    settings.declare(options);
    EXPECT_THROW(options.apply(Node::map({{key, Node::scalar(text)}}), "model mls"), Error) << key;
  };
  refused("window", "[80, 0]");
  refused("size", "100");
  refused("image_size", "100");  // has no usual channel_mult
  refused("timestep", "1000");
  refused("channel_mult", "1,two");
  refused("region", "brain");
  auto settings = test::tiny_model();
  settings.guidance.counterpart_start = 10;
  EXPECT_THROW(ShiftModel(settings, test::head_info()), Error);
}

TEST(MlsModel, ReferenceLooksInTheWholeImage) {
  ModelSettings settings;
  Options options;
  settings.declare(options);
  EXPECT_EQ(settings.region, "head");
  options.apply(Node::map({{"preset", Node::scalar("reference")}}), "model mls");
  EXPECT_EQ(settings.region, "image");
}

}  // namespace
}  // namespace plexus::mls
