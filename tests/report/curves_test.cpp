#include <plexus/report/curves.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <plexus/base/file.hpp>

#include "support/temporary_folder.hpp"
#include "support/thrown.hpp"

namespace plexus {
namespace {

TEST(ReadCurves, KeepsSeriesInOrderOfAppearance) {
  const test::TemporaryFolder folder;
  write_file(folder / "metrics.csv", "step,epoch,series,value\n1,0,loss/b,2\n1,0,loss/a,nan\n2,0,loss/b,1.5\n");
  const auto curves = read_curves(folder / "metrics.csv");
  ASSERT_EQ(curves.size(), 2u);
  EXPECT_EQ(curves[0].name, "loss/b");
  EXPECT_EQ(curves[0].y, (std::vector<double>{2, 1.5}));
  EXPECT_TRUE(std::isnan(curves[1].y[0]));
  write_file(folder / "metrics.csv", "other\n1\n");
  EXPECT_EQ(test::thrown([&] { read_curves(folder / "metrics.csv"); }).kind(), ErrorKind::data);
}

TEST(Thinned, KeepsMeanAndExtremes) {
  Curve curve{"a", {}, {}, {}, {}};
  for (int i = 0; i < 1000; ++i) {
    curve.x.push_back(i);
    curve.y.push_back(i == 500 ? 99 : 1);
  }
  curve.y[7] = std::nan("");
  const Curve thin = thinned(curve, 10);
  EXPECT_EQ(thin.x.size(), 10u);
  EXPECT_EQ(*std::max_element(thin.high.begin(), thin.high.end()), 99);
  EXPECT_EQ(thin.y[0], 1);
  EXPECT_TRUE(std::is_sorted(thin.x.begin(), thin.x.end()));
}

TEST(Thinned, LeavesShortCurvesAlone) {
  const Curve curve{"a", {1, 2}, {3, 4}, {}, {}};
  EXPECT_EQ(thinned(curve, 10).y, curve.y);
  EXPECT_TRUE(thinned(curve, 10).low.empty());
  EXPECT_EQ(thinned({"a", {1, 1, 1}, {1, 2, 3}, {}, {}}, 2).y, (std::vector<double>{2}));
}

}  // namespace
}  // namespace plexus
