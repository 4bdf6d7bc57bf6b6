#include "mls_records.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/nn/pickle.hpp>

namespace plexus::datasets {
namespace {

using RecordJson = nlohmann::ordered_json;

constexpr const char* kRecord = "expected case id: [path, label, {slice: four landmarks}, shift]";

void check_landmarks(const at::Tensor& points, const std::string& id, const std::string& where) {
  if (points.dim() != 2 || points.size(0) != 4 || points.size(1) != 2)
    throw Error(ErrorKind::data, fmt::format("landmarks of '{}' are not four points of x and y", id), where, kRecord);
}

RecordJson to_json(const Geometry& geometry) {
  return {{"spacing", geometry.spacing}, {"origin", geometry.origin}, {"direction", geometry.direction}};
}

Geometry geometry_from(const RecordJson& json) {
  Geometry geometry;
  geometry.spacing = json.at("spacing").get<std::array<double, 3>>();
  geometry.origin = json.at("origin").get<std::array<double, 3>>();
  geometry.direction = json.at("direction").get<std::array<double, 9>>();
  geometry.known = true;
  return geometry;
}

}  // namespace

double MlsRecord::millimetres() const {
  if (!(spacing[0] > 0) || !(spacing[1] > 0)) return std::numeric_limits<double>::quiet_NaN();
  if (!positive) return 0;
  double largest = 0;
  for (const auto& [slice, points] : landmarks) {
    const auto* p = points.const_data_ptr<double>();
    largest = std::max(largest, std::hypot((p[4] - p[6]) * spacing[0], (p[5] - p[7]) * spacing[1]));
  }
  return largest > 0 ? largest : mls * spacing[0];
}

std::vector<MlsRecord> parse_mls_pickle(std::string_view bytes, const std::string& where) {
  const auto root = read_pickle(bytes, where);
  if (!root.is_dict()) throw Error(ErrorKind::data, "holds no dictionary of cases", where, kRecord);
  std::vector<MlsRecord> records;
  for (const auto& [key, value] : root.entries()) {
    MlsRecord record;
    record.id = key.is_text() ? key.text() : std::to_string(key.integer());
    try {
      const auto& items = value.items();
      if (items.empty() || items.size() > 4) throw Error(ErrorKind::data, fmt::format("has {} entries", items.size()));
      record.path = items[0].text();
      if (items.size() > 1)
        record.positive = items[1].kind() == PickleValue::Kind::flag ? items[1].flag() : items[1].integer() != 0;
      if (items.size() > 2 && !items[2].is_none()) {
        for (const auto& [slice, points] : items[2].entries()) {
          auto& landmarks = record.landmarks[slice.integer()] = points.tensor().to(at::kDouble).contiguous();
          check_landmarks(landmarks, record.id, where);
        }
      }
      if (items.size() > 3 && !items[3].is_none()) record.mls = items[3].real();
    } catch (const Error& error) {
      throw Error(ErrorKind::data, fmt::format("the case '{}': {}", record.id, error.what()), where, kRecord);
    }
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<MlsRecord> parse_mls_json(const std::string& text, const std::string& where) {
  std::vector<MlsRecord> records;
  try {
    const auto root = RecordJson::parse(text);
    for (const auto& one : root.at("cases")) {
      MlsRecord record;
      record.id = one.at("id").get<std::string>();
      record.path = one.at("path").get<std::string>();
      record.positive = one.value("positive", false);
      record.mls = one.value("mls", 0.0);
      record.spacing = one.value("spacing", record.spacing);
      if (one.contains("geometry")) record.geometry = geometry_from(one.at("geometry"));
      if (one.contains("scan")) {
        const auto& scan = one.at("scan");
        record.scan = std::make_shared<const Grid>(Grid{geometry_from(scan), scan.at("size").get<std::vector<std::int64_t>>()});
      }
      if (one.contains("landmarks")) {
        for (const auto& [slice, points] : one.at("landmarks").items()) {
          const auto rows = points.get<std::vector<std::array<double, 2>>>();
          auto tensor = at::empty({static_cast<std::int64_t>(rows.size()), 2}, at::kDouble);
          for (std::size_t r = 0; r < rows.size(); ++r)
            for (std::size_t c = 0; c < 2; ++c) tensor.mutable_data_ptr<double>()[2 * r + c] = rows[r][c];
          check_landmarks(tensor, record.id, where);
          record.landmarks[std::stoll(slice)] = tensor;
        }
      }
      records.push_back(std::move(record));
    }
  } catch (const RecordJson::exception& error) {
    throw Error(ErrorKind::data, fmt::format("is not the JSON it should be: {}", error.what()), where,
                R"(expected {"cases": [{"id": …, "path": …, "positive": …, "landmarks": {"12": [[x, y] × 4]}, "mls": …}]})");
  } catch (const std::logic_error&) {
    throw Error(ErrorKind::data, "a key of landmarks is no slice number", where);
  }
  return records;
}

std::vector<MlsRecord> read_mls_metadata(const std::filesystem::path& path) {
  const auto content = read_file(path);
  auto records =
      path.extension() == ".json" ? parse_mls_json(content, path.string()) : parse_mls_pickle(content, path.string());
  if (records.empty()) throw Error(ErrorKind::data, "lists no cases", path.string());
  return records;
}

std::string mls_json(const std::vector<MlsRecord>& records) {
  RecordJson cases = RecordJson::array();
  for (const auto& record : records) {
    RecordJson one{{"id", record.id}, {"path", record.path}, {"positive", record.positive}};
    one["landmarks"] = RecordJson::object();
    for (const auto& [slice, points] : record.landmarks) {
      auto& rows = one["landmarks"][std::to_string(slice)] = RecordJson::array();
      const auto* values = points.const_data_ptr<double>();
      for (int r = 0; r < 4; ++r) rows.push_back({values[2 * r], values[2 * r + 1]});
    }
    one["mls"] = record.mls;
    one["spacing"] = record.spacing;
    if (record.geometry.known) one["geometry"] = to_json(record.geometry);
    if (record.scan) {
      one["scan"] = to_json(record.scan->geometry);
      one["scan"]["size"] = record.scan->size;
    }
    cases.push_back(std::move(one));
  }
  RecordJson root = RecordJson::object();
  root["cases"] = std::move(cases);
  return root.dump(1) + "\n";
}

std::vector<std::array<std::int64_t, 3>> mls_slice_index(const std::vector<std::int64_t>& depths,
                                                         const std::vector<std::vector<std::int64_t>>& labelled,
                                                         const MlsSlices& slices, bool labelled_only) {
  std::vector<std::array<std::int64_t, 3>> rows;
  for (std::size_t c = 0; c < depths.size(); ++c)
    for (auto slice = slices.first; slice < slices.end(depths[c]); ++slice) {
      const bool has = std::find(labelled[c].begin(), labelled[c].end(), slice) != labelled[c].end();
      if (has || !labelled_only) rows.push_back({static_cast<std::int64_t>(c), slice, has ? 1 : 0});
    }
  return rows;
}

}  // namespace plexus::datasets
