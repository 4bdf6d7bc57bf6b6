#include <plexus/report/plots.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <plexus/base/text.hpp>

namespace plexus {
namespace {

constexpr double width = 460, height = 230, left = 52, right = 20, top = 10, bottom = 36;
constexpr std::size_t most_colours = 8;
constexpr std::size_t most_markers = 40;  // points of a curve that are marked one by one

// Maps values to the page; y may be logarithmic.
struct Axes {
  double x_low, x_high, y_low, y_high;
  bool log_y;
  bool log_x = false;

  double x(double value) const {
    const double share = log_x ? std::log(value / x_low) / std::log(x_high / x_low) : (value - x_low) / (x_high - x_low);
    return left + share * (width - left - right);
  }
  double y(double value) const {
    const double share = log_y ? (std::log10(value) - std::log10(y_low)) / (std::log10(y_high) - std::log10(y_low))
                               : (value - y_low) / (y_high - y_low);
    return height - bottom - std::clamp(share, 0.0, 1.0) * (height - top - bottom);
  }
};

Axes fitted(const std::vector<Curve>& curves, bool linear, bool log_x) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Axes axes{infinity, -infinity, infinity, -infinity, false};
  double least_mean = infinity, most_mean = -infinity;
  for (const Curve& curve : curves)
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!std::isfinite(curve.y[i]) || !std::isfinite(curve.x[i])) continue;
      axes.x_low = std::min(axes.x_low, curve.x[i]);
      axes.x_high = std::max(axes.x_high, curve.x[i]);
      axes.y_low = std::min(axes.y_low, curve.low.empty() ? curve.y[i] : curve.low[i]);
      axes.y_high = std::max(axes.y_high, curve.high.empty() ? curve.y[i] : curve.high[i]);
      least_mean = std::min(least_mean, curve.y[i]);
      most_mean = std::max(most_mean, curve.y[i]);
    }
  if (axes.x_high <= axes.x_low) axes.x_high = axes.x_low + 1;
  axes.log_x = log_x && axes.x_low > 0;
  axes.log_y = !linear && axes.y_low > 0 && most_mean >= 100 * least_mean;
  if (axes.log_y) {
    axes.y_low /= 1.15;
    axes.y_high *= 1.15;
    return axes;
  }
  if (axes.y_low > 0 && axes.y_low < 0.4 * axes.y_high) axes.y_low = 0;  // zero is worth seeing when it is near
  const double room = axes.y_high > axes.y_low ? 0.06 * (axes.y_high - axes.y_low) : std::max(0.5 * std::abs(axes.y_high), 0.5);
  if (axes.y_low != 0) axes.y_low -= room;
  axes.y_high += room;
  return axes;
}

std::string frame(const Axes& axes, const std::string& x_label) {
  std::string out;
  const double base = height - bottom;
  for (const double value : axes.log_y ? log_ticks(axes.y_low, axes.y_high) : ticks(axes.y_low, axes.y_high, 5))
    out += fmt::format(
        "<line class='grid' x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}'/><text class='tick' x='{3}' y='{4:.1f}' "
        "text-anchor='end'>{5}</text>",
        left, width - right, axes.y(value), left - 6, axes.y(value) + 3.5, short_number(value));
  for (const double value : axes.log_x ? log_ticks(axes.x_low, axes.x_high) : ticks(axes.x_low, axes.x_high, 6))
    out += fmt::format(
        "<line class='axis' x1='{0:.1f}' x2='{0:.1f}' y1='{1}' y2='{2}'/><text class='tick' x='{0:.1f}' y='{3}' "
        "text-anchor='middle'>{4}</text>",
        axes.x(value), base, base + 4, base + 16, short_number(value));
  out += fmt::format("<line class='axis' x1='{0}' x2='{1}' y1='{2}' y2='{2}'/>", left, width - right, base);
  return out + fmt::format("<text class='tick' x='{}' y='{}' text-anchor='end'>{}{}</text>", width - right, height - 4,
                           html_escape(x_label), axes.log_y || axes.log_x ? " · logarithmic" : "");
}

// The mean as a line, the values that it stands for as a band behind it.
std::string drawn(const Curve& curve, const Axes& axes, std::size_t colour) {
  std::string line, band, markers;
  bool pen_down = false;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!std::isfinite(curve.y[i]) || !std::isfinite(curve.x[i])) {
      pen_down = false;
      continue;
    }
    const double x = axes.x(curve.x[i]), y = axes.y(curve.y[i]);
    line += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", x, y);
    pen_down = true;
    if (curve.low.empty() && curve.x.size() <= most_markers)
      markers += fmt::format("<circle class='s{}' cx='{:.1f}' cy='{:.1f}' r='3'><title>{}: {} at {}</title></circle>", colour,
                             x, y, html_escape(curve.name), short_number(curve.y[i]), short_number(curve.x[i]));
  }
  if (!curve.low.empty()) {
    for (std::size_t i = 0; i < curve.x.size(); ++i)
      band += fmt::format("{}{:.1f} {:.1f}", i ? "L" : "M", axes.x(curve.x[i]), axes.y(curve.high[i]));
    for (std::size_t i = curve.x.size(); i-- > 0;)
      band += fmt::format("L{:.1f} {:.1f}", axes.x(curve.x[i]), axes.y(curve.low[i]));
    band = fmt::format("<path class='band s{}' d='{}Z'/>", colour, band);
  }
  return band + fmt::format("<path class='line s{}' d='{}'><title>{}</title></path>", colour, line, html_escape(curve.name)) +
         markers;
}

bool has_values(const Curve& curve) {
  return std::any_of(curve.y.begin(), curve.y.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace

std::vector<double> ticks(double low, double high, int wanted) {
  std::vector<double> places;
  if (!(high > low) || wanted < 1) return places;
  const double raw = (high - low) / wanted, power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw / power < 1.5 ? 1 : raw / power < 3.5 ? 2 : raw / power < 7.5 ? 5 : 10);
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step && places.size() < 50; ++k)
    places.push_back(k * step + 0.0);
  return places;
}

std::vector<double> log_ticks(double low, double high) {
  std::vector<double> places;
  const double orders = std::log10(high) - std::log10(low);  // the quotient may overflow
  const bool few = orders < 2.5;
  const int every = std::max(1, static_cast<int>(orders / 6));
  for (int power = static_cast<int>(std::floor(std::log10(low))); power <= std::log10(high); ++power)
    for (const double factor : {1.0, 3.0}) {
      const double value = factor * std::pow(10, power);
      if (value >= low && value <= high && (few || factor == 1) && power % every == 0) places.push_back(value);
    }
  return places;
}

std::string short_number(double value) {
  if (!std::isfinite(value)) return "–";
  const double size = std::abs(value);
  if (size < 1e-12) return "0";
  if (size >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.3g}k", value / 1e3);
  if (size >= 1000) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

std::string line_chart(const LineChart& chart) {
  std::vector<Curve> curves;
  for (const Curve& curve : chart.curves)
    if (has_values(curve)) curves.push_back(curve);
  if (curves.empty()) return "";
  std::vector<std::string> left_out;
  for (std::size_t i = most_colours; i < curves.size(); ++i) left_out.push_back(curves[i].name);
  curves.resize(std::min(curves.size(), most_colours));

  std::string legend;
  if (curves.size() > 1)
    for (std::size_t i = 0; i < curves.size(); ++i)
      legend += fmt::format("<span><i class='key s{}'></i>{}</span>", i + 1, html_escape(curves[i].name));
  const Axes axes = fitted(curves, chart.linear, chart.log_x);
  std::string body = frame(axes, chart.x_label);
  for (std::size_t i = 0; i < curves.size(); ++i) body += drawn(curves[i], axes, i + 1);
  const std::string rest =
      left_out.empty() ? "" : fmt::format("<p class='small'>Not drawn: {}</p>", html_escape(join(left_out, ", ")));
  return fmt::format(
      "<figure class='chart'><figcaption>{}</figcaption>{}<svg viewBox='0 0 {} {}' role='img' "
      "aria-label='{}'>{}</svg>{}</figure>\n",
      html_escape(chart.title), legend.empty() ? "" : "<div class='legend'>" + legend + "</div>", width, height,
      html_escape(chart.title), body, rest);
}

std::string bar_chart(const std::string& title, const std::vector<Bar>& bars) {
  constexpr double row = 34, name_width = 150, value_width = 110, bar_height = 16;
  double most = 0;
  for (const Bar& bar : bars)
    if (std::isfinite(bar.value)) most = std::max(most, bar.value + (std::isfinite(bar.deviation) ? bar.deviation : 0));
  if (!(most > 0)) return "";
  const double scale = (width - name_width - value_width) / most;
  std::string body;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    if (!std::isfinite(bar.value)) continue;
    const double y = row * static_cast<double>(i) + 9, middle = y + bar_height / 2, length = std::max(bar.value * scale, 1.0);
    body += fmt::format("<text class='name' x='{}' y='{}' text-anchor='end'>{}</text>", name_width - 8, middle + 4,
                        html_escape(bar.name));
    body += fmt::format("<rect class='bar s1' x='{}' y='{}' width='{:.1f}' height='{}' rx='2'/>", name_width, y, length,
                        bar_height);
    double end = length;
    std::string text = fmt::format("{:.3f}", bar.value);
    if (std::isfinite(bar.deviation) && bar.deviation > 0) {
      const double from = std::max(bar.value - bar.deviation, 0.0) * scale, to = (bar.value + bar.deviation) * scale;
      body += fmt::format("<path class='whisker' d='M{0:.1f} {2}H{1:.1f}M{0:.1f} {3}V{4}M{1:.1f} {3}V{4}'/>", name_width + from,
                          name_width + to, middle, middle - 4, middle + 4);
      end = std::max(end, to);
      text += fmt::format(" ± {:.3f}", bar.deviation);
    }
    body += fmt::format("<text class='name' x='{:.1f}' y='{}'>{}</text>", name_width + end + 8, middle + 4, text);
  }
  return fmt::format(
      "<figure class='chart'><figcaption>{0}</figcaption><svg viewBox='0 0 {1} {2}' role='img' "
      "aria-label='{0}'>{3}</svg></figure>\n",
      html_escape(title), width, row * static_cast<double>(bars.size()), body);
}

}  // namespace plexus
