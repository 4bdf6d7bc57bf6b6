#include <plexus/report/plots.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace plexus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Not;
using testing::SizeIs;

TEST(Ticks, AreRoundNumbersWithinTheRange) {
  EXPECT_THAT(ticks(0, 1, 5), ElementsAre(0, 0.2, testing::DoubleNear(0.4, 1e-12), testing::DoubleNear(0.6, 1e-12), 0.8, 1));
  EXPECT_THAT(ticks(-3, 17, 4), ElementsAre(0, 5, 10, 15));
  EXPECT_TRUE(ticks(1, 1, 5).empty());
  EXPECT_TRUE(ticks(0, std::numeric_limits<double>::quiet_NaN(), 5).empty());
}

TEST(Ticks, OfLogarithmsArePowersOfTen) {
  EXPECT_THAT(log_ticks(0.0005, 2), ElementsAre(0.001, 0.01, 0.1, 1));
  EXPECT_THAT(log_ticks(1e-300, 1e300), SizeIs(AllOf(Ge(4u), Le(8u))));  // their quotient is beyond what a double holds
}

TEST(ShortNumber, HasFewDigits) {
  EXPECT_EQ(short_number(0.84567), "0.846");
  EXPECT_EQ(short_number(30000), "30k");
  EXPECT_EQ(short_number(1500), "1500");
  EXPECT_EQ(short_number(2.5e6), "2.5M");
  EXPECT_EQ(short_number(1e-15), "0");
  EXPECT_EQ(short_number(std::nan("")), "–");
}

TEST(LineChart, LegendOnlyForSeveralCurves) {
  EXPECT_THAT(line_chart({"t", "step", {{"a", {1, 2}, {3, 4}, {}, {}}}}), Not(HasSubstr("legend")));
  EXPECT_THAT(line_chart({"t", "step", {{"a", {1, 2}, {3, 4}, {}, {}}, {"b<", {1, 2}, {3, 5}, {}, {}}}}),
              HasSubstr("b&lt;</span>"));
}

TEST(LineChart, IsLogarithmicWhereValuesSpanOrders) {
  const Curve wide{"a", {1, 2, 3}, {1, 0.1, 0.001}, {}, {}}, signed_one{"a", {1, 2, 3}, {1, 0.001, -1}, {}, {}};
  EXPECT_THAT(line_chart({"t", "step", {wide}}), HasSubstr("logarithmic"));
  EXPECT_THAT(line_chart({"t", "step", {wide}, true}), Not(HasSubstr("logarithmic")));
  EXPECT_THAT(line_chart({"t", "step", {signed_one}}), Not(HasSubstr("logarithmic")));
}

TEST(LineChart, SpacesTimesByTheirLogarithmWhereAsked) {
  const auto place = [](const std::string& svg, const std::string& at) {
    const auto end = svg.find(" at " + at + "<");
    const auto begin = svg.rfind("cx='", end) + 4;
    return std::stod(svg.substr(begin));
  };
  const Curve curve{"a", {0.1, 1, 10}, {1, 2, 3}, {}, {}};
  const auto log = line_chart({"t", "s", {curve}, true, true}), even = line_chart({"t", "s", {curve}, true});
  EXPECT_NEAR(place(log, "1"), (place(log, "0.1") + place(log, "10")) / 2, 0.2);
  EXPECT_LT(place(even, "1"), (place(even, "0.1") + place(even, "10")) / 4);
  const Curve from_zero{"a", {0, 1, 10}, {1, 2, 3}, {}, {}};
  EXPECT_THAT(line_chart({"t", "s", {from_zero}, true, true}), Not(HasSubstr("logarithmic")));
}

TEST(LineChart, SurvivesWhatRunsMayHold) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(line_chart({"t", "step", {}}), "");
  EXPECT_EQ(line_chart({"t", "step", {{"a", {1, 2}, {nan, inf}, {}, {}}}}), "");
  for (const Curve& curve :
       {Curve{"a", {1}, {5}, {}, {}}, Curve{"a", {1, 2}, {5, 5}, {}, {}}, Curve{"a", {1, 2, 3}, {1, nan, 2}, {}, {}},
        Curve{"a", {1, 1}, {0, 0}, {}, {}}, Curve{"a", {1, 2}, {1e-300, 1e300}, {}, {}}}) {
    const std::string svg = line_chart({"t", "step", {curve}});
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

TEST(LineChart, BreaksTheLineAtAGap) {
  const std::string svg = line_chart({"t", "step", {{"a", {1, 2, 3, 4, 5}, {1, 2, std::nan(""), 2, 1}, {}, {}}}});
  const std::string path = svg.substr(svg.find(" d='") + 4);
  EXPECT_EQ(std::count(path.begin(), path.begin() + static_cast<long>(path.find('\'')), 'M'), 2);
}

TEST(LineChart, NamesTheCurvesThatItLeavesOut) {
  LineChart chart{"t", "step", {}};
  for (int i = 0; i < 10; ++i) chart.curves.push_back({"curve" + std::to_string(i), {1, 2}, {1, 2}, {}, {}});
  EXPECT_THAT(line_chart(chart), HasSubstr("Not drawn: curve8, curve9"));
}

TEST(BarChart, ShowsValuesAndSkipsUnknownOnes) {
  const std::string svg = bar_chart("Dice", {{"a", 0.8, 0.02}, {"b", std::nan(""), 0}, {"c", 0.5, std::nan("")}});
  EXPECT_THAT(svg, HasSubstr("0.800 ± 0.020"));
  EXPECT_THAT(svg, HasSubstr("0.500<"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_EQ(bar_chart("Dice", {}), "");
}

}  // namespace
}  // namespace plexus
