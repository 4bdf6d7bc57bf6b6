#include <plexus/report/curves.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/base/table.hpp>
#include <plexus/base/text.hpp>

namespace plexus {

std::vector<Curve> read_curves(const std::filesystem::path& file) {
  const Table table = Table::parse_csv(read_file(file), file.string());
  if (table.columns() != std::vector<std::string>{"step", "epoch", "series", "value"})
    throw Error(ErrorKind::data, "expected the columns step,epoch,series,value", file.string());
  std::vector<Curve> curves;
  std::map<std::string, std::size_t> index;
  for (const auto& row : table.rows()) {
    const auto [known, fresh] = index.emplace(row[2], curves.size());
    if (fresh) curves.push_back({row[2], {}, {}, {}, {}});
    Curve& curve = curves[known->second];
    curve.x.push_back(parse_real(row[0]).value_or(std::numeric_limits<double>::quiet_NaN()));
    curve.y.push_back(parse_real(row[3]).value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  return curves;
}

Curve thinned(const Curve& curve, std::size_t points) {
  if (curve.x.size() <= points || points == 0) return curve;
  const auto [first, last] = std::minmax_element(curve.x.begin(), curve.x.end());
  const double stretch = (*last - *first) / static_cast<double>(points);
  struct Bin {
    double x = 0, y = 0, low = std::numeric_limits<double>::infinity(), high = -low;
    std::size_t count = 0;
  };
  std::vector<Bin> bins(points);
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!std::isfinite(curve.y[i]) || !std::isfinite(curve.x[i])) continue;
    const double at = stretch > 0 ? (curve.x[i] - *first) / stretch : 0;
    Bin& bin = bins[std::min(static_cast<std::size_t>(at), points - 1)];
    bin.x += curve.x[i];
    bin.y += curve.y[i];
    bin.low = std::min(bin.low, curve.y[i]);
    bin.high = std::max(bin.high, curve.y[i]);
    ++bin.count;
  }
  Curve thin;
  thin.name = curve.name;
  for (const Bin& bin : bins) {
    if (bin.count == 0) continue;
    const auto count = static_cast<double>(bin.count);
    thin.x.push_back(bin.x / count);
    thin.y.push_back(bin.y / count);
    thin.low.push_back(bin.low);
    thin.high.push_back(bin.high);
  }
  return thin;
}

}  // namespace plexus
