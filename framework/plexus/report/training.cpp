#include <fmt/format.h>

#include <cmath>
#include <map>

#include <plexus/base/file.hpp>
#include <plexus/base/text.hpp>
#include <plexus/report/curves.hpp>
#include <plexus/report/html.hpp>
#include <plexus/report/pictures.hpp>
#include <plexus/report/plots.hpp>
#include <plexus/report/sections.hpp>

namespace plexus {
namespace {

constexpr std::size_t most_points = 300;  // of a curve; more are not seen at this size

// Losses one chart each, as their scales differ; a metric's labels and the learning rates share one.
std::vector<LineChart> charts_of(const std::vector<Curve>& curves) {
  std::vector<LineChart> charts;
  std::map<std::string, std::size_t> shared;
  for (const Curve& full : curves) {
    Curve curve = thinned(full, most_points);
    const auto parts = split(full.name, '/');
    const bool own = parts.size() < 2 || parts[0] == "loss";
    const std::string title = own                ? parts.back()
                              : parts[0] == "lr" ? "learning rate"
                                                 : (parts[0] == "val" ? "validation: " : parts[0] + ": ") + parts[1];
    curve.name = parts.back();
    const auto [known, fresh] = shared.emplace(own ? full.name : parts[0] + "/" + title, charts.size());
    if (fresh) charts.push_back({own && parts.size() > 1 ? "loss: " + title : title, "step", {}, parts[0] == "lr"});
    charts[known->second].curves.push_back(std::move(curve));
  }
  return charts;
}

std::string tile(const std::string& name, const std::string& value) {
  return fmt::format("<div class='tile'><span>{}</span><b>{}</b></div>", name, value);
}

// The latest of each name that the method handed to the log.
std::string latest_pictures(const std::filesystem::path& folder) {
  std::string shown;
  const auto all = logged_pictures(folder);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i + 1 == all.size() || all[i + 1].name != all[i].name)
      shown += fmt::format("<figure class='shot'>{}<figcaption>{}, step {}</figcaption></figure>\n",
                           html::picture(read_file(all[i].file), all[i].name), html_escape(all[i].name), all[i].step);
  return shown.empty() ? "" : "<div class='shots'>" + shown + "</div>\n";
}

}  // namespace

std::string trained_section(const TrainedStage& stage) {
  std::string tiles;
  if (stage.steps > 0) tiles += tile("steps", std::to_string(stage.steps));
  if (std::isfinite(stage.seconds)) tiles += tile("time", human_seconds(stage.seconds));
  if (std::isfinite(stage.seconds_per_step) && stage.seconds_per_step > 0)
    tiles += tile("a step", fmt::format("{:.2f} s", stage.seconds_per_step));
  if (stage.peak_bytes > 0) tiles += tile("peak memory", human_bytes(stage.peak_bytes));
  if (std::isfinite(stage.best_score))
    tiles += tile(fmt::format("best validation score, step {}", stage.best_step), fmt::format("{:.3f}", stage.best_score));
  std::string text = tiles.empty() ? "" : "<div class='tiles'>" + tiles + "</div>\n";
  std::string charts;
  for (const LineChart& chart : charts_of(read_curves(stage.folder / "metrics.csv"))) charts += line_chart(chart);
  return text + (charts.empty() ? "<p>No curves were recorded.</p>\n" : "<div class='charts'>" + charts + "</div>\n") +
         latest_pictures(stage.folder);
}

}  // namespace plexus
