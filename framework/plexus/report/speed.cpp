#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <plexus/base/text.hpp>
#include <plexus/report/html.hpp>
#include <plexus/report/plots.hpp>
#include <plexus/report/sections.hpp>

namespace plexus {
namespace {

struct Way {
  std::string curve, name, metric;
  double seconds, quality;
};

std::vector<Way> ways_of(const std::vector<ReadStage>& stages) {
  std::vector<Way> ways;
  for (const ReadStage& stage : stages) {
    const auto all = reached(stage.figures);
    if (stage.stage->curve.empty() || all.empty() || !std::isfinite(stage.stage->seconds_per_case)) continue;
    auto main = std::find_if(all.begin(), all.end(), [](const Reached& one) { return one.metric == "dice"; });
    if (main == all.end()) main = all.begin();
    ways.push_back({stage.stage->curve, stage.stage->method, main->metric, stage.stage->seconds_per_case, main->mean});
  }
  return ways;
}

}  // namespace

std::string speed_section(const std::vector<ReadStage>& stages) {
  auto ways = ways_of(stages);
  if (ways.size() < 2) return "";
  std::stable_sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) { return a.seconds < b.seconds; });
  std::vector<Curve> curves;
  std::vector<std::vector<html::Cell>> rows;
  for (const Way& way : ways) {
    auto curve = std::find_if(curves.begin(), curves.end(), [&](const Curve& one) { return one.name == way.curve; });
    if (curve == curves.end()) curve = curves.insert(curves.end(), Curve{way.curve, {}, {}, {}, {}});
    curve->x.push_back(way.seconds);
    curve->y.push_back(way.quality);
    rows.push_back({{html_escape(way.name)},
                    {fmt::format("{:.3g}", way.seconds), format_real(way.seconds), true},
                    {fmt::format("{:.4f}", way.quality), format_real(way.quality), true}});
  }
  const auto& metric = ways.front().metric;
  LineChart chart{metric + " against seconds a case", "seconds a case", curves, true, true};
  return "<p class='small'>The same weights, predicted in several ways; time of the model alone, on the machine of this run."
         "</p>\n<div class='charts'>" +
         line_chart(chart) + "</div>\n" + html::table({"prediction", "seconds a case", metric}, rows);
}

}  // namespace plexus
