#include <plexus/eval/builtin.hpp>

#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>

namespace plexus {
namespace {

DataInfo two_structures() {
  DataInfo info;
  info.labels = {{0, "background"}, {1, "left"}, {2, "right"}};
  return info;
}

std::unique_ptr<Metric> make(const std::string& name, const std::map<std::string, std::string>& options = {}) {
  Kind<Metric, const DataInfo&> kind;
  register_metrics(kind);
  for (const auto& entry : kind.entries()) {
    if (entry.name != name) continue;
    auto builder = entry.start();
    std::vector<std::pair<std::string, Node>> values;
    for (const auto& [key, value] : options) values.emplace_back(key, Node::scalar(value));
    builder->options().apply(Node::map(std::move(values)), "metric " + name);
    return builder->make(two_structures());
  }
  throw std::invalid_argument(name);
}

// Label 1: two voxels against one, 2 apart at most; label 2: as asked.
struct Case {
  Prediction prediction;
  Sample truth;
  Case(bool predicted, bool there) {
    auto p = torch::zeros({3, 8, 8}, torch::kLong), t = torch::zeros({3, 8, 8}, torch::kByte);
    p[1][2][2] = 1, p[1][2][4] = 1, t[1][2][2] = 1;
    if (predicted) p[0][7][7] = 2;
    if (there) t[2][7][7] = 2;
    prediction.fields["label"] = p;
    truth.fields["label"] = t;
    truth.id = "case1";
    truth.geometry.known = true;
    truth.geometry.spacing = {0.5, 1, 10};
  }
  std::vector<Measurement> by(const std::string& metric, const std::map<std::string, std::string>& options = {}) const {
    return make(metric, options)->measure(prediction, truth);
  }
};

TEST(Metrics, OneMeasurementALabel) {
  const auto all = Case(true, true).by("dice");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].label_id, 1);
  EXPECT_EQ(all[0].metric, "dice");
  EXPECT_EQ(all[0].status, "ok");
  EXPECT_DOUBLE_EQ(all[0].value, 2.0 / 3);
  EXPECT_DOUBLE_EQ(all[1].value, 0);
  EXPECT_TRUE(make("dice")->higher_is_better());
  EXPECT_FALSE(make("hd95")->higher_is_better());
}

TEST(Metrics, MillimetresOnlyWhereSpacingIsKnown) {
  Case one(true, true);
  auto far = one.by("hd");
  EXPECT_EQ(far[0].unit, "mm");
  EXPECT_DOUBLE_EQ(far[0].value, 1);   // two voxels along x
  EXPECT_DOUBLE_EQ(far[1].value, 20);  // two along z
  EXPECT_DOUBLE_EQ(one.by("hd", {{"unit", "voxels"}})[0].value, 2);
  EXPECT_DOUBLE_EQ(one.by("volume")[0].value, 2 * 0.005);
  EXPECT_EQ(one.by("volume")[0].unit, "ml");
  one.truth.geometry.known = false;
  far = one.by("hd");
  EXPECT_EQ(far[0].unit, "voxels");
  EXPECT_DOUBLE_EQ(far[1].value, 2);
  EXPECT_EQ(one.by("volume")[0].unit, "voxels");
  EXPECT_DOUBLE_EQ(one.by("volume_difference")[0].value, 1);
  EXPECT_DOUBLE_EQ(one.by("volume_difference", {{"rule", "relative"}})[0].value, 1);
}

TEST(Metrics, RulesOfHd95AndMeans) {
  const Case one(true, true);  // distances in voxels along x: {0, 2} and {0}
  const std::string voxels = "voxels";
  EXPECT_DOUBLE_EQ(one.by("hd95", {{"unit", voxels}})[0].value, 1.9);
  EXPECT_DOUBLE_EQ(one.by("hd95", {{"unit", voxels}, {"rule", "pooled"}})[0].value, 1.8);
  EXPECT_DOUBLE_EQ(one.by("asd", {{"unit", voxels}})[0].value, 1);
  EXPECT_DOUBLE_EQ(one.by("asd", {{"unit", voxels}, {"rule", "truth-to-prediction"}})[0].value, 0);
  EXPECT_DOUBLE_EQ(one.by("assd", {{"unit", voxels}})[0].value, 0.5);
  EXPECT_DOUBLE_EQ(one.by("assd", {{"unit", voxels}, {"rule", "pooled"}})[0].value, 2.0 / 3);
  EXPECT_EQ(one.by("hd95", {{"preset", "medpy"}})[0].rule, "pooled; empty: nan");
  EXPECT_DOUBLE_EQ(one.by("hd95", {{"preset", "diffrect-test"}})[0].value, 1.8);
}

TEST(EmptyMasks, NotDefinedByDefault) {
  const auto both = Case(false, false).by("dice")[1];
  EXPECT_TRUE(std::isnan(both.value));
  EXPECT_EQ(both.status, "undefined: both empty");
  const auto missed = Case(false, true).by("dice")[1];
  EXPECT_EQ(missed.value, 0);
  EXPECT_EQ(missed.status, "ok");
  const auto distance = Case(false, true).by("hd95")[1];
  EXPECT_TRUE(std::isnan(distance.value));
  EXPECT_EQ(distance.status, "undefined: prediction empty");
  EXPECT_EQ(Case(true, false).by("assd")[1].status, "undefined: truth empty");
  EXPECT_TRUE(std::isnan(Case(true, false).by("sensitivity")[1].value));
  EXPECT_EQ(Case(true, false).by("specificity")[1].value, 191.0 / 192);
}

TEST(EmptyMasks, NamedRules) {
  struct Row {
    std::string empty;
    double dice_both, dice_one, hd_both, hd_one, asd_both, asd_one;
  };
  const double none = std::nan("");
  const std::vector<Row> rows{{"nan", none, 0, none, none, none, none}, {"nnunet", none, 0, none, none, none, none},
                              {"one", 1, 0, 0, none, 0, none},          {"diffrect-validation", 0, 0, 0, 0, 0, 0},
                              {"diffrect-test", 0, 0, 50, 50, 10, 10},  {"genericssl", 0.01, 0, 0, 128, 0, 128}};
  for (const auto& row : rows) {
    const auto expect = [&](const std::string& metric, double both, double one) {
      for (const bool predicted : {false, true})
        for (const bool there : {false, true}) {
          if (predicted && there) continue;
          const double expected = predicted == there ? both : one;
          const double value = Case(predicted, there).by(metric, {{"empty", row.empty}})[1].value;
          EXPECT_TRUE(value == expected || (std::isnan(value) && std::isnan(expected))) << row.empty << " " << metric << value;
        }
    };
    expect("dice", row.dice_both, row.dice_one);
    expect("jaccard", row.dice_both, row.dice_one);
    expect("hd95", row.hd_both, row.hd_one);
    expect("hd", row.hd_both, row.hd_one);
    expect("asd", row.asd_both, row.asd_one);
    expect("assd", row.asd_both, row.asd_one);
  }
}

TEST(EmptyMasks, NnunetRefusesFullMasksToo) {
  Case one(true, true);
  one.prediction.fields["label"].fill_(1);
  EXPECT_TRUE(std::isnan(one.by("hd95", {{"preset", "nnunet"}})[0].value));
  EXPECT_FALSE(std::isnan(one.by("hd95")[0].value));
}

TEST(Metrics, ErrorsNameTheCase) {
  Case one(true, true);
  one.prediction.fields["label"] = torch::zeros({3, 8, 7}, torch::kLong);
  try {
    one.by("dice");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_THAT(error.what(), testing::HasSubstr("3 x 8 x 7"));
    EXPECT_THAT(error.what(), testing::HasSubstr("case1"));
  }
  one.prediction.fields.clear();
  EXPECT_THROW(one.by("hd95"), Error);
  EXPECT_THROW(Case(true, true).by("hd95", {{"rule", "poooled"}}), Error);
  EXPECT_THROW(Case(true, true).by("dice", {{"rule", "pooled"}}), Error);
}

}  // namespace
}  // namespace plexus
