#pragma once
#include <string>
#include <vector>

#include <plexus/report/curves.hpp>

namespace plexus {

// Inline SVG whose colours come from the page's style, so that it follows light and dark.

struct LineChart {
  std::string title, x_label;
  std::vector<Curve> curves;  // at most 8 are drawn in colours of their own; the rest are named below the chart
  bool linear = false;        // never a logarithmic scale of y
  bool log_x = false;         // a logarithmic scale of x where all values are positive
};
// A figure with title, legend (for two curves or more), axes, and a logarithmic scale where all values are positive and span
// two orders or more. Gaps where a value is not finite. "" where no curve has a value.
std::string line_chart(const LineChart& chart);

struct Bar {
  std::string name;
  double value = 0, deviation = 0;  // NaN deviation: none drawn
};
// Horizontal bars from zero with their values as text.
std::string bar_chart(const std::string& title, const std::vector<Bar>& bars);

// Places of ticks within [low, high]: 1, 2 or 5 times a power of ten, about `wanted` of them.
std::vector<double> ticks(double low, double high, int wanted);
std::vector<double> log_ticks(double low, double high);
// "0.846", "30k", "1e-05": few digits, for people.
std::string short_number(double value);

}  // namespace plexus
