#include <cmath>
#include <cstdio>
#include <filesystem>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/affine.hpp>
#include <plexus/data/dicom.hpp>
#include <plexus/data/h5.hpp>
#include <plexus/data/npy.hpp>
#include <plexus/data/volume.hpp>
#include <plexus/host/command_line.hpp>
#include <plexus/host/commands/data_tools.hpp>

namespace plexus {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Range and mean of the finite values.
void add_range(Json& json, const at::Tensor& data) {
  const at::Tensor finite = data.is_floating_point() ? data.masked_select(data.isfinite()) : data;
  if (finite.numel() == 0) {
    json["min"] = json["max"] = json["mean"] = nullptr;
  } else {
    json["min"] = finite.min().item<double>();
    json["max"] = finite.max().item<double>();
    json["mean"] = finite.mean(at::kDouble).item<double>();
  }
  if (const std::int64_t lost = data.numel() - finite.numel(); lost > 0) json["not_finite"] = lost;
}

void add_volume(Json& json, const Volume& volume) {
  const std::array<double, 16> affine = ras_affine(volume.geometry);
  json["format"] = volume.stored.format;
  json["shape"] = volume.data.sizes().vec();
  json["spacing"] = volume.geometry.spacing;
  json["spacing_unit"] = volume.geometry.known ? "mm" : "voxels";
  for (std::size_t row = 0; row < 4; ++row)
    json["voxel_to_ras"].push_back({affine[4 * row], affine[4 * row + 1], affine[4 * row + 2], affine[4 * row + 3]});
  if (!volume.stored.transform.empty()) json["transform"] = volume.stored.transform;
  if (const auto* nifti = volume.header ? volume.header->nifti() : nullptr) {
    json["qform_code"] = nifti->qform_code;
    json["sform_code"] = nifti->sform_code;
  }
  if (const auto dicom = volume.header ? volume.header->dicom() : nullptr) {
    json["series"] = dicom->uid;
    json["description"] = dicom->description;
    json["modality"] = dicom->modality;
  }
  json["type"] = volume.stored.type;
  json["scl_slope"] = volume.stored.slope;
  json["scl_inter"] = volume.stored.inter;
  add_range(json, volume.data);
  json["notes"] = volume.notes;
}

// Every array of a file of several.
Json arrays_of(const fs::path& path) {
  Json all = Json::object();
  const bool h5 = volume_format(path) == VolumeFormat::h5;
  for (const std::string& key : h5 ? h5_keys(path) : npz_keys(path)) {
    Json entry = Json::object();
    try {
      std::string type;
      const at::Tensor data = h5 ? read_h5(path, key) : read_npz(path, key, &type);
      if (h5) type = h5_type_name(path, key);
      entry["shape"] = data.sizes().vec();
      entry["type"] = type;
      add_range(entry, data);
    } catch (const Error& error) {  // text beside the numbers is no fault of the file
      entry["unreadable"] = error.message();
    }
    all[key] = std::move(entry);
  }
  return all;
}

Json file_info(const fs::path& path, const ReadOptions& options) {
  Json json{{"path", path.string()}};
  const VolumeFormat format = volume_format(path);
  if (format != VolumeFormat::h5 && format != VolumeFormat::npz) {
    add_volume(json, read_volume(path, options));
    return json;
  }
  Json arrays = arrays_of(path);
  try {
    add_volume(json, read_volume(path, options));
  } catch (const Error& error) {
    if (arrays.empty() || !options.key.empty()) throw;
    json["format"] = format == VolumeFormat::h5 ? "HDF5" : "NPZ";
    json["notes"] = {error.message()};
  }
  if (json["format"] != "ITK HDF5") json["arrays"] = std::move(arrays);
  return json;
}

std::string value_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const Json& part : value) parts.push_back(value_text(part));
  return join(parts, " ");
}

void print_json(const Json& json, int indent) {
  for (const auto& [key, value] : json.items()) {
    if (value.is_object()) {
      std::fputs(fmt::format("{:{}}{}\n", "", indent, key).c_str(), stdout);
      print_json(value, indent + 2);
    } else if (value.is_array() && !value.empty() && (value.front().is_array() || value.front().is_string())) {
      for (const Json& row : value)
        std::fputs(fmt::format("{:{}}{:<14}{}\n", "", indent, &row == &value.front() ? key : "", value_text(row)).c_str(),
                   stdout);
    } else if (!value.is_array() || !value.empty()) {
      std::fputs(fmt::format("{:{}}{:<14}{}\n", "", indent, key, value_text(value)).c_str(), stdout);
    }
  }
}

}  // namespace

int data_info(const std::vector<std::string>& args) {
  std::vector<std::string> files;
  std::string key;
  ReadingOptions reading;
  CommandLine line(
      "data info", "FILE... [--json]",
      "Shows what a volume holds: format, shape [C, D, H, W], spacing x y z, the matrix from voxel to world (RAS,\n"
      "mm) and which of the file's transforms told it, type, scaling and range of the values.");
  line.argument("FILE", files, "volumes in any format, or folders of a DICOM series").needed();
  line.option("key", 'k', key, "NAME", "the data set of an .h5, the array of an .npz; default: the image");
  reading.declare(line);
  line.common({Common::json});
  line.example("plexus data info scan.nii.gz", "one scan");
  line.example("plexus data info study/series_3 --json", "a DICOM series");
  if (!line.parse(args)) return 0;
  ReadOptions options = reading.options();
  options.key = key;

  ErrorList errors;
  Json all = Json::array();
  for (const std::string& file : files)
    errors.attempt([&] {
      all.push_back(file_info(file, options));
      if (line.shared().json) return;
      print_json(all.back(), 0);
      std::fputs("\n", stdout);
    });
  if (line.shared().json) std::puts(all.dump(2).c_str());
  errors.raise();
  return 0;
}

}  // namespace plexus
