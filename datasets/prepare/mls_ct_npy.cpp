#include "mls_ct_npy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/file.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/head_ct.hpp>
#include <plexus/data/npy.hpp>
#include <plexus/data/volume.hpp>

#include "dataset_json.hpp"
#include "lps.hpp"
#include "mls_records.hpp"
#include "npy_files.hpp"

namespace plexus::datasets {
namespace {

namespace fs = std::filesystem;
using HeadJson = nlohmann::json;

// Landmarks of a case in voxels of the stored volume; none where the folder has no such file.
std::map<std::int64_t, at::Tensor> stored_landmarks(const fs::path& file, const std::string& id) {
  std::map<std::int64_t, at::Tensor> landmarks;
  if (!fs::exists(file)) return landmarks;
  try {
    const auto json = HeadJson::parse(read_file(file));
    if (!json.contains("landmarks") || !json.at("landmarks").contains(id)) return landmarks;
    for (const auto& [slice, points] : json.at("landmarks").at(id).items()) {
      const auto rows = points.get<std::array<std::array<double, 2>, 4>>();
      auto tensor = at::empty({4, 2}, at::kDouble);
      for (std::size_t r = 0; r < 4; ++r) std::copy(rows[r].begin(), rows[r].end(), tensor.mutable_data_ptr<double>() + 2 * r);
      landmarks[std::stoll(slice)] = tensor;
    }
  } catch (const std::exception& error) {
    throw Error(ErrorKind::data, fmt::format("its landmarks cannot be read: {}", error.what()), file.string(),
                R"(expected {"landmarks": {case: {slice: [[x, y], … four points]}}})");
  }
  return landmarks;
}

fs::path record_file(const std::string& target, const std::string& id) { return fs::path(target) / "records" / (id + ".json"); }

}  // namespace

void MlsCtNpy::Settings::declare(Options& options) {
  options.add("size", size, "rows and columns of every slice").unit("pixels").range(16, 4096);
  options
      .add("window", window,
           "stored values that are to be 0 and 80 HU, between which the method looks; for scans that were windowed when they "
           "were stored, in 8 bits say")
      .unit("HU");
  options.add("outside", outside, "what fills a slice up to a square; a stored value").unit("HU");
  options.add("shifted_from", shifted_from, "cases with a shift of at least this are positive").unit("pixels").range(0);
  options.add("val", val, "cases of val.json").range(0).unit("cases");
  options.add("test", test, "cases of test.json").range(0).unit("cases");
  options.add("seed", seed, "of the deal");
  options.rule([this] { return window.size() == 2 && window[0] < window[1] ? "" : "window is two numbers, the lower one first"; });
}

std::vector<Job> MlsCtNpy::jobs(const std::string& source, const std::string&) const {
  const fs::path root = source, images = fs::is_directory(root / "images") ? root / "images" : root;
  std::vector<Job> all;
  for (const auto& [id, path] : volumes_by_name(images)) {
    Job job;
    job.id = id;
    job.inputs = {path.string()};
    if (fs::exists(root / "dataset.json")) job.inputs.push_back((root / "dataset.json").string());
    job.outputs = {fmt::format("volumes/{}.npy", id), fmt::format("records/{}.json", id)};
    job.bytes = std::uint64_t{512} * 512 * 64 * 16;
    all.push_back(std::move(job));
  }
  if (all.empty())
    throw Error(ErrorKind::data, "holds no volumes and no DICOM series", images.string(), "give the folder of the scans");
  return all;
}

void MlsCtNpy::run(const Job& job, const std::string& target, Rng&, Context&) const {
  const auto volume = read_volume(job.inputs.front());
  if (volume.data.size(0) != 1)
    throw Error(ErrorKind::data, fmt::format("has {} channels instead of one", volume.data.size(0)), job.inputs.front());
  auto slices = axial_slices(volume.data[0], volume.geometry, settings_.size, settings_.outside);
  const double low = settings_.window[0], high = settings_.window[1];
  if (low != 0 || high != 80) slices.image = (slices.image - low) / (high - low) * 80;

  MlsRecord record;
  record.id = job.id;
  record.path = job.outputs.front();
  if (volume.geometry.known) {
    record.spacing = {slices.geometry.spacing[0], slices.geometry.spacing[1]};
    record.geometry = slices.geometry;
    record.scan = std::make_shared<const Grid>(Grid{volume.geometry, volume.data.sizes().slice(1).vec()});
  }
  if (job.inputs.size() > 1) {
    const IndexMap map = index_map(volume.geometry, slices.geometry);  // stored voxel -> voxel of the slices
    const auto& m = map.matrix;
    for (const auto& [slice, points] : stored_landmarks(job.inputs[1], job.id)) {
      if (std::abs(m[6]) > 1e-6 || std::abs(m[7]) > 1e-6)
        throw Error(ErrorKind::data, "its landmarks lie in planes that are not the patient's axial ones", job.inputs.front());
      const double k = static_cast<double>(slice);
      auto moved = at::empty({4, 2}, at::kDouble);
      for (std::int64_t r = 0; r < 4; ++r) {
        const double i = points.const_data_ptr<double>()[2 * r], j = points.const_data_ptr<double>()[2 * r + 1];
        moved.mutable_data_ptr<double>()[2 * r] = m[0] * i + m[1] * j + m[2] * k + map.offset[0];
        moved.mutable_data_ptr<double>()[2 * r + 1] = m[3] * i + m[4] * j + m[5] * k + map.offset[1];
      }
      record.mls = std::max(record.mls, (moved[2] - moved[3]).norm().item<double>());
      record.landmarks[std::lround(m[8] * k + map.offset[2])] = moved;
    }
  }
  record.positive = !record.landmarks.empty() && record.mls >= settings_.shifted_from;
  if (!record.positive) record.mls = 0;
  for (const auto& output : job.outputs) make_folder((fs::path(target) / output).parent_path());
  write_npy(fs::path(target) / job.outputs[0], slices.image.contiguous());
  write_file(record_file(target, job.id), mls_json({record}));
}

void MlsCtNpy::finish(const std::vector<Job>& done, const std::string& target) const {
  std::vector<std::string> ids;
  for (const auto& job : done) ids.push_back(job.id);
  ids = shuffled(ids, Rng(static_cast<std::uint64_t>(settings_.seed)).fork("lists"));
  if (settings_.val + settings_.test >= static_cast<std::int64_t>(ids.size()))
    throw Error(
        ErrorKind::configuration,
        fmt::format("{} val and {} test cases leave none of {} for training", settings_.val, settings_.test, ids.size()),
        "lists");
  const auto write = [&](const char* name, std::int64_t from, std::int64_t to) {
    std::vector<std::string> part(ids.begin() + from, ids.begin() + to);
    std::sort(part.begin(), part.end());
    std::vector<MlsRecord> records;
    for (const auto& id : part)
      for (auto& record : read_mls_metadata(record_file(target, id))) records.push_back(std::move(record));
    // What an earlier deal left must not be taken for this one's.
    if (records.empty())
      fs::remove(fs::path(target) / name);
    else
      write_file(fs::path(target) / name, mls_json(records));
  };
  write("val.json", 0, settings_.val);
  write("test.json", settings_.val, settings_.val + settings_.test);
  write("train.json", settings_.val + settings_.test, static_cast<std::int64_t>(ids.size()));
}

}  // namespace plexus::datasets
