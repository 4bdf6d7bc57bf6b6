#include <plexus/base/counted.hpp>
#include <plexus/host/data_fingerprint.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/text.hpp>
#include <plexus/host/case_io.hpp>
#include <plexus/report/html.hpp>
#include <plexus/report/plots.hpp>

namespace plexus {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t sampled = 2000;  // foreground values of a case and channel

// Values where `counted` holds, evenly spread over the voxels.
std::vector<float> sample_of(const at::Tensor& channel, const at::Tensor& counted) {
  const auto values = channel.masked_select(counted.logical_and(channel.isfinite()));
  const std::int64_t every = std::max<std::int64_t>(1, (values.numel() + sampled - 1) / sampled);
  const auto few = values.slice(0, 0, values.numel(), every).contiguous();
  return {few.const_data_ptr<float>(), few.const_data_ptr<float>() + few.numel()};
}

ordered_json channel_fingerprint(const at::Tensor& channel, const at::Tensor& label) {
  const auto finite = channel.isfinite();
  const std::int64_t count = at::count_nonzero(finite).item<std::int64_t>();
  const auto values = count == channel.numel() ? channel : channel.masked_select(finite);
  ordered_json one{{"count", count}, {"not_finite", channel.numel() - count}};
  if (count == 0) return one;
  const auto [low, high] = at::aminmax(values);
  const auto [deviation, mean] = at::std_mean(values, false);
  one["mean"] = mean.item<double>();
  one["std"] = deviation.item<double>();
  one["min"] = low.item<double>();
  one["max"] = high.item<double>();
  one["foreground"] = sample_of(channel, label.defined() ? label.gt(0) : channel.gt(low));
  return one;
}

double percentile_of(std::vector<double>& sorted, double percent) {
  const double rank = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const double part = rank - static_cast<double>(below);
  return part == 0 ? sorted[below] : sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

ordered_json spread_of(std::vector<double> values) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  return {{"min", values.front()},
          {"p10", percentile_of(values, 10)},
          {"median", percentile_of(values, 50)},
          {"p90", percentile_of(values, 90)},
          {"max", values.back()}};
}

// Mean and squares about it of several lots together (Chan et al., 1979).
struct Moments {
  double count = 0, mean = 0, squares = 0;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(const ordered_json& lot) {
    const double n = lot["count"], deviation = lot["std"], middle = lot["mean"];
    const double all = count + n, off = middle - mean;
    squares += deviation * deviation * n + off * off * count * n / all;
    mean += off * n / all;
    count = all;
    low = std::min(low, lot["min"].get<double>());
    high = std::max(high, lot["max"].get<double>());
  }
};

ordered_json intensities_of(const std::vector<ordered_json>& cases, std::size_t channel, const FoundCases& found) {
  Moments all;
  std::vector<double> foreground;
  for (const auto& one : cases) {
    if (channel >= one["channels"].size() || !one["channels"][channel].contains("mean")) continue;
    all.add(one["channels"][channel]);
    for (const auto& value : one["channels"][channel]["foreground"]) foreground.push_back(value.get<double>());
  }
  ordered_json of{{"name", channel < found.channels.size() ? found.channels[channel] : fmt::format("channel {}", channel)}};
  if (all.count == 0) return of;
  of["all"] = {{"mean", all.mean}, {"std", std::sqrt(all.squares / all.count)}, {"min", all.low}, {"max", all.high}};
  if (foreground.empty()) return of;
  std::sort(foreground.begin(), foreground.end());
  Moments middle;
  for (const double value : foreground) middle.mean += value / static_cast<double>(foreground.size());
  for (const double value : foreground) middle.squares += (value - middle.mean) * (value - middle.mean);
  of["foreground"] = {{"mean", middle.mean},
                      {"std", std::sqrt(middle.squares / static_cast<double>(foreground.size()))},
                      {"p0.5", percentile_of(foreground, 0.5)},
                      {"median", percentile_of(foreground, 50)},
                      {"p99.5", percentile_of(foreground, 99.5)},
                      {"samples", foreground.size()}};
  return of;
}

ordered_json labels_of(const std::vector<ordered_json>& cases, const FoundCases& found) {
  std::map<std::int64_t, std::pair<std::vector<double>, double>> by_id;  // volumes of cases in ml; voxels in all
  for (const auto& one : cases) {
    const double voxel =
        one["spacing"][0].get<double>() * one["spacing"][1].get<double>() * one["spacing"][2].get<double>() / 1000;
    for (const auto& [id, voxels] : one["labels"].items()) {
      auto& [volumes, all] = by_id[std::stoll(id)];
      volumes.push_back(voxels.get<double>() * voxel);
      all += voxels.get<double>();
    }
  }
  ordered_json labels = ordered_json::array();
  for (const auto& [id, counted] : by_id) {
    const auto declared =
        std::find_if(found.labels.begin(), found.labels.end(), [id = id](const Label& label) { return label.id == id; });
    labels.push_back({{"id", id},
                      {"name", declared == found.labels.end() ? "" : declared->name},
                      {"cases", counted.first.size()},
                      {"voxels", counted.second},
                      {"volume_ml", spread_of(counted.first)}});
  }
  return labels;
}

std::string number(const ordered_json& value) { return value.is_number() ? short_number(value.get<double>()) : "–"; }

std::vector<html::Cell> spread_row(const std::string& name, const ordered_json& spread) {
  std::vector<html::Cell> row{{html_escape(name)}};
  for (const char* what : {"min", "p10", "median", "p90", "max"})
    row.push_back({spread.is_object() ? number(spread[what]) : "–", "", true});
  return row;
}

}  // namespace

ordered_json case_fingerprint(const CaseFiles& files, const ReadOptions& reading) {
  std::vector<std::string> notes;
  const Sample sample = read_case(files, notes, reading);
  const auto& image = sample.fields.at("image");
  const auto size = image.sizes().slice(1);
  ordered_json one{
      {"size", {size[2], size[1], size[0]}}, {"spacing", sample.geometry.spacing}, {"known", sample.geometry.known}};
  const auto label = sample.fields.count("label") ? sample.fields.at("label") : at::Tensor();
  one["channels"] = ordered_json::array();
  for (const auto& channel : image.unbind(0)) one["channels"].push_back(channel_fingerprint(channel, label));
  one["labels"] = ordered_json::object();
  if (!label.defined()) return one;
  for (const auto& [id, voxels] : count_labels(label)) one["labels"][std::to_string(id)] = voxels;
  return one;
}

ordered_json data_fingerprint_of(const FoundCases& found, const BatchResult& result) {
  std::vector<ordered_json> cases;
  ordered_json all{{"layout", found.layout}, {"cases", 0}, {"failed", ordered_json::array()}};
  std::size_t channels = 0;
  std::vector<std::vector<double>> sizes(3), spacings(3);
  for (const CaseRecord& record : result.cases) {
    if (record.state == CaseRecord::State::failed) {
      all["failed"].push_back({{"id", record.id}, {"error", record.error}});
      continue;
    }
    cases.push_back(ordered_json::parse(record.details));
    for (std::size_t axis = 0; axis < 3; ++axis) {
      sizes[axis].push_back(cases.back()["size"][axis]);
      spacings[axis].push_back(cases.back()["spacing"][axis]);
    }
    channels = std::max(channels, cases.back()["channels"].size());
  }
  all["cases"] = cases.size();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::string name(1, "xyz"[axis]);
    all["size"][name] = spread_of(sizes[axis]);
    all["spacing"][name] = spread_of(spacings[axis]);
  }
  all["intensities"] = ordered_json::array();
  for (std::size_t channel = 0; channel < channels; ++channel)
    all["intensities"].push_back(intensities_of(cases, channel, found));
  all["labels"] = labels_of(cases, found);
  return all;
}

std::string fingerprint_page(const std::string& title, const ordered_json& fingerprint) {
  std::string body = "<h1>" + html_escape(title) + "</h1>\n<p class='lead'>" +
                     fmt::format("{}, layout {}", counted(fingerprint["cases"].get<std::size_t>(), "case"),
                                 html_escape(fingerprint["layout"].get<std::string>())) +
                     "</p>\n";
  const std::vector<std::string> headings{"", "smallest", "10 %", "median", "90 %", "largest"};
  std::vector<std::vector<html::Cell>> rows;
  for (const auto& [axis, spread] : fingerprint["size"].items()) rows.push_back(spread_row("size " + axis, spread));
  for (const auto& [axis, spread] : fingerprint["spacing"].items())
    rows.push_back(spread_row("spacing " + axis + " [mm]", spread));
  body += "<h2>Grids</h2>\n" + html::table(headings, rows);

  rows.clear();
  for (const auto& channel : fingerprint["intensities"])
    for (const char* part : {"all", "foreground"}) {
      if (!channel.contains(part)) continue;
      std::vector<html::Cell> row{{html_escape(channel["name"].get<std::string>() + (part[0] == 'a' ? "" : ", foreground"))}};
      for (const char* what : {"mean", "std", "min", "p0.5", "median", "p99.5", "max"})
        row.push_back({channel[part].contains(what) ? number(channel[part][what]) : "–", "", true});
      rows.push_back(std::move(row));
    }
  body += "<h2>Intensities</h2>\n" + html::table({"", "mean", "std", "min", "0.5 %", "median", "99.5 %", "max"}, rows);

  rows.clear();
  std::vector<Bar> bars;
  for (const auto& label : fingerprint["labels"]) {
    const std::string name = fmt::format("{} {}", label["id"].get<std::int64_t>(), label["name"].get<std::string>());
    auto row = spread_row(name, label["volume_ml"]);
    row.insert(row.begin() + 1, {std::to_string(label["cases"].get<std::size_t>()), "", true});
    rows.push_back(std::move(row));
    if (label["id"] != 0) bars.push_back({name, label["volume_ml"]["median"].get<double>(), std::nan("")});
  }
  if (!rows.empty()) {
    body += "<h2>Labels, volume in ml</h2>\n" +
            html::table({"label", "cases", "smallest", "10 %", "median", "90 %", "largest"}, rows);
    if (!bars.empty()) body += "<div class='charts'>" + bar_chart("Median volume in ml", bars) + "</div>\n";
  }
  for (const auto& one : fingerprint["failed"])
    body += "<p class='warn'>" + html_escape(one["id"].get<std::string>() + ": " + one["error"].get<std::string>()) + "</p>\n";
  return html::page(title, body);
}

}  // namespace plexus
