#include <plexus/eval/scalar.hpp>

#include <cmath>
#include <map>
#include <memory>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <plexus/base/error.hpp>
#include <plexus/eval/builtin.hpp>

namespace plexus {
namespace {

using Numbers = std::vector<double>;

TEST(Scalar, ErrorsAreThoseOfTheDefinition) {
  const Numbers predicted{1, 4, 2}, truth{2, 2, 2};
  EXPECT_DOUBLE_EQ(mean_absolute_error(predicted, truth), 1);
  EXPECT_DOUBLE_EQ(root_mean_square_error(predicted, truth), std::sqrt(5.0 / 3));
  EXPECT_DOUBLE_EQ(mean_error(predicted, truth), 1.0 / 3);
  EXPECT_TRUE(std::isnan(mean_absolute_error({}, {})));
  EXPECT_THROW(mean_error({1}, {1, 2}), std::invalid_argument);
}

TEST(Scalar, PearsonIsOneForALineAndUndefinedForAConstant) {
  EXPECT_NEAR(pearson({1, 3, 5}, {2, 4, 6}), 1, 1e-12);
  EXPECT_NEAR(pearson({5, 3, 1}, {2, 4, 6}), -1, 1e-12);
  EXPECT_NEAR(pearson({1, 2, 3, 4}, {1, 3, 2, 4}), 0.8, 1e-12);
  EXPECT_TRUE(std::isnan(pearson({1, 2}, {3, 3})));
}

TEST(Scalar, DetectionCountsTheThresholdItself) {
  const auto found = detection({5, 6, 4.9, 1, 7}, {5, 2, 8, 0, 9}, 5);  // hit, alarm, miss, passed, hit
  EXPECT_DOUBLE_EQ(found.sensitivity, 2.0 / 3);
  EXPECT_DOUBLE_EQ(found.specificity, 0.5);
  EXPECT_DOUBLE_EQ(found.accuracy, 0.6);
  EXPECT_DOUBLE_EQ(found.f1, 4.0 / 6);
  EXPECT_TRUE(std::isnan(detection({1, 2}, {1, 2}, 5).f1));
}

std::unique_ptr<Metric> scalar_metric(std::vector<std::pair<std::string, Node>> options) {
  Kind<Metric, const DataInfo&> kind;
  register_metrics(kind);
  for (const auto& entry : kind.entries())
    if (entry.name == "scalar") {
      auto builder = entry.start();
      builder->options().apply(Node::map(std::move(options)), "metric scalar");
      return builder->make({});
    }
  throw std::invalid_argument("scalar");
}

std::unique_ptr<Metric> shift_metric() {
  return scalar_metric({{"value", Node::scalar("shift_mm")},
                        {"unit", Node::scalar("mm")},
                        {"detect", Node::scalar("true")},
                        {"threshold", Node::scalar("5")}});
}

std::vector<Measurement> measure_shift(double predicted, double known) {
  Prediction prediction;
  prediction.values = {{"slice", 3}, {"shift_mm", predicted}};
  Sample truth;
  truth.fields["shift_mm"] = torch::full({1}, known, at::kDouble);
  return shift_metric()->measure(prediction, truth);
}

TEST(ScalarMetric, SummarisesAllCases) {
  std::vector<std::vector<Measurement>> cases{measure_shift(6, 7), measure_shift(1, 0), measure_shift(5.5, 2),
                                              measure_shift(3, std::nan(""))};
  EXPECT_EQ(cases[0][0].metric, "shift_mm_absolute_error");
  EXPECT_DOUBLE_EQ(cases[0][0].value, 1);
  EXPECT_EQ(cases[0][0].unit, "mm");
  EXPECT_TRUE(std::isnan(cases[3][0].value));
  EXPECT_NE(cases[3][0].status.find("no true value"), std::string::npos);
  std::map<std::string, double> figures;
  for (const auto& one : shift_metric()->summary(cases)) figures[one.metric] = one.value;
  EXPECT_DOUBLE_EQ(figures.at("shift_mm_mae"), 5.5 / 3);
  EXPECT_DOUBLE_EQ(figures.at("shift_mm_auc"), 1);
  EXPECT_DOUBLE_EQ(figures.at("shift_mm_f1"), 2.0 / 3);
  EXPECT_GT(figures.at("shift_mm_pearson"), 0);
  EXPECT_FALSE(shift_metric()->higher_is_better());
}

TEST(ScalarMetric, TellsWhatTheModelPredicts) {
  Prediction prediction;
  prediction.values = {{"shift", 3}};
  try {
    shift_metric()->measure(prediction, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("it predicts shift"), std::string::npos);
  }
}

}  // namespace
}  // namespace plexus
