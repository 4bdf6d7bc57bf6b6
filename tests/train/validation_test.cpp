#include <plexus/train/validation.hpp>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <csignal>

#include <plexus/base/stop.hpp>
#include <support/thrown.hpp>
#include <support/toy.hpp>

namespace {

using plexus::Measurement;

Measurement measured(std::int64_t label, const std::string& metric, double value) {
  return {label, metric, value, "", "", "ok"};
}

TEST(Score, MeansOverCasesThenForegroundClasses) {
  plexus::DataInfo info;
  info.labels = {{0, "background", {}}, {1, "one", {}}, {2, "two", {}}};
  const auto score = plexus::score_of({{measured(0, "dice", 1), measured(1, "dice", 0.5), measured(2, "dice", 1)},
                                       {measured(1, "dice", 0.7), measured(2, "dice", NAN), measured(1, "hd95", 3)}},
                                      info, true);
  EXPECT_DOUBLE_EQ(score.value, (0.6 + 1) / 2);
  const std::vector<std::pair<std::string, double>> expected{{"dice", 0.8},         {"dice/one", 0.6}, {"dice/two", 1},
                                                             {"undefined/dice", 1}, {"hd95", 3},       {"hd95/one", 3}};
  ASSERT_EQ(score.details.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(score.details[i].first, expected[i].first);
    EXPECT_DOUBLE_EQ(score.details[i].second, expected[i].second);
  }
  EXPECT_DOUBLE_EQ(plexus::score_of({{measured(1, "hd95", 3)}}, info, false).value, -3);
  EXPECT_TRUE(std::isnan(plexus::score_of({{measured(1, "dice", NAN)}}, info, true).value));
  EXPECT_DOUBLE_EQ(plexus::score_of({{measured(-1, "shift", 2)}}, info, true).value, 2);
}

struct Fixture {
  toy::Model model;
  toy::Data data;
  plexus::DataInfo info = data.info();
  std::vector<std::shared_ptr<const plexus::Metric>> metrics{std::make_shared<toy::Agreement>()};
  plexus::HostContext context{plexus::prediction_key(1), at::kCPU};
  plexus::CaseValidation make(int jobs) { return {model, data, info, metrics, context, jobs}; }
};

TEST(CaseValidation, EqualForAnyNumberOfWorkers) {
  Fixture f;
  const auto one = f.make(0).by_metrics("val"), two = f.make(2).by_metrics("val");
  EXPECT_EQ(one.value, two.value);
  EXPECT_GT(one.value, 0);
  EXPECT_TRUE(f.model.segmenter->is_training());  // modes are given back
}

TEST(CaseValidation, RefusesEmptyAndUnknown) {
  Fixture f;
  EXPECT_THROW(f.make(1).by_metrics("nowhere"), plexus::Error);
  f.metrics.clear();
  EXPECT_THROW(f.make(1).by_metrics("val"), plexus::Error);
}

TEST(CaseValidation, StopsWhenAsked) {
  Fixture f;
  plexus::request_stop(SIGTERM);
  const auto error = plexus::test::thrown([&] { f.make(1).by_metrics("val"); });
  plexus::clear_stop();
  EXPECT_EQ(error.kind(), plexus::ErrorKind::terminated);
}

TEST(CaseValidation, VisitsEachCaseInEvalMode) {
  Fixture f;
  std::vector<std::string> ids;
  f.make(1).each("val", [&](const plexus::Batch& batch) {
    EXPECT_FALSE(f.model.segmenter->is_training());
    EXPECT_FALSE(at::GradMode::is_enabled());
    ids.push_back(batch.of.front().id);
  });
  EXPECT_EQ(ids, (std::vector<std::string>{"toy10", "toy11", "toy12"}));
}

}  // namespace
