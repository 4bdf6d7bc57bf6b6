#include <plexus/report/figures.hpp>

#include <gtest/gtest.h>

#include <cmath>

#include <plexus/base/file.hpp>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

TEST(Spread, LeavesUndefinedValuesOutAndCountsThem) {
  const Spread of = spread({1, 2, std::nan(""), 4, 5});
  EXPECT_DOUBLE_EQ(of.mean, 3);
  EXPECT_DOUBLE_EQ(of.median, 3);
  EXPECT_DOUBLE_EQ(of.deviation, std::sqrt(10.0 / 3));
  EXPECT_EQ(of.counted, 4u);
  EXPECT_EQ(of.undefined, 1u);
  EXPECT_TRUE(std::isnan(spread({}).mean));
  EXPECT_TRUE(std::isnan(spread({3}).deviation));
  EXPECT_EQ(spread({3}).median, 3);
}

TEST(Reached, IsTheMeanOverLabelsOfMeansOverCases) {
  const double nan = std::nan("");
  const std::vector<CaseFigure> figures{
      {"a", 0, "background", "dice", 1.0, "", "", "ok"}, {"a", 1, "x", "dice", 0.8, "", "", "ok"},
      {"b", 1, "x", "dice", 0.6, "", "", "ok"},          {"a", 2, "y", "dice", 0.5, "", "", "ok"},
      {"b", 2, "y", "dice", nan, "", "", "undefined"},   {"a", 1, "x", "hd95", 3, "mm", "r", "ok"}};
  const auto all = reached(figures);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_DOUBLE_EQ(all[0].mean, (0.7 + 0.5) / 2);
  EXPECT_EQ(all[1].unit, "mm");
}

TEST(ReadCases, TakesWhatEvaluationWrites) {
  const test::TemporaryFolder folder;
  write_file(folder / "cases.csv",
             "case,label_id,label_name,metric,value,unit,rule,status\na,1,\"x, y\",dice,nan,,plain,undefined: both empty\n");
  const auto figures = read_cases(folder / "cases.csv");
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].label_name, "x, y");
  EXPECT_TRUE(std::isnan(figures[0].value));
  write_file(folder / "cases.csv", "a,b\n1,2\n");
  EXPECT_EQ(test::thrown([&] { read_cases(folder / "cases.csv"); }).kind(), ErrorKind::data);
}

}  // namespace
}  // namespace plexus
