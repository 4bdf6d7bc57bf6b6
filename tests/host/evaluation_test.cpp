#include <plexus/host/evaluation.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <plexus/base/file.hpp>
#include <plexus/eval/builtin.hpp>

#include "support/temporary_folder.hpp"

namespace plexus {
namespace {

// Counts the cases it is shown together.
class Counting final : public Metric {
 public:
  std::vector<Measurement> measure(const Prediction& prediction, const Sample&) const override {
    return {{-1, "size", prediction.values.front().second, "mm", "", "ok"}};
  }
  std::vector<Measurement> summary(const std::vector<std::vector<Measurement>>& cases) const override {
    double sum = 0;
    for (const auto& one : cases) sum += one.front().value;
    return {{-1, "sum", sum, "mm", "of all", "ok"}};
  }
};

std::vector<CaseResult> two_cases(const std::vector<std::shared_ptr<const Metric>>& metrics) {
  std::vector<CaseResult> cases;
  for (const double value : {2.0, 4.0})
    cases.push_back(evaluate_case("c" + std::to_string(value), metrics, [&] {
      std::pair<Prediction, Sample> both;
      both.first.values = {{"size", value}};
      return both;
    }));
  return cases;
}

TEST(Evaluation, FiguresOverAllCasesAreShownAndWritten) {
  const std::vector<std::shared_ptr<const Metric>> metrics{std::make_shared<Counting>()};
  auto cases = two_cases(metrics);
  CaseResult failed;
  failed.id = "broken";
  failed.error = "no file";
  cases.push_back(failed);  // is no part of what the metric sees
  const test::TemporaryFolder folder;
  write_evaluation(folder.path(), cases, metrics, {});
  const auto summary = nlohmann::json::parse(read_file(folder / "summary.json"));
  EXPECT_EQ(summary.at("over_all_cases").at(0).at("value"), 6.0);
  EXPECT_EQ(summary.at("mean").at("case").at("size"), 3.0);
  const auto table = evaluation_table(cases, {}, metrics);
  EXPECT_NE(table.find("over all cases"), std::string::npos);
  EXPECT_NE(table.find("6.0000"), std::string::npos);
  EXPECT_EQ(headline(cases), "mean size 3.0000 over 3 cases");
}

}  // namespace
}  // namespace plexus
