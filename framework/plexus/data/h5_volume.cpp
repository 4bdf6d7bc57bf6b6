#include <algorithm>
#include <array>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/affine.hpp>
#include <plexus/data/array_volume.hpp>

namespace plexus {
namespace {

constexpr const char* itk_group = "ITKImage/0/";

std::vector<double> itk_numbers(const std::filesystem::path& path, const std::string& key) {
  const auto values = read_h5(path, key).to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

// The layout of ITK's HDF5ImageIO: axes x first in Dimension, Origin and Spacing, one row of Directions an axis; voxels
// slowest axis first, components last.
Volume read_itk_h5(const std::filesystem::path& path, bool voxels, std::vector<std::int64_t>& shape) {
  const std::string group = itk_group, key = group + "VoxelData";
  Volume volume;
  volume.stored.format = "ITK HDF5";
  volume.stored.type = h5_type_name(path, key);
  auto sizes = h5_shape(path, key);
  const auto dimension = itk_numbers(path, group + "Dimension"), origin = itk_numbers(path, group + "Origin"),
             spacing = itk_numbers(path, group + "Spacing"), directions = itk_numbers(path, group + "Directions");
  const auto axes = dimension.size();
  const bool components = sizes.size() == axes + 1;
  if (axes < 2 || axes > 4 || origin.size() != axes || spacing.size() != axes || directions.size() != axes * axes ||
      (sizes.size() != axes && !components) || (components && axes == 4))
    throw Error(ErrorKind::data, "its sizes contradict each other, or it has more than four axes", path.string());
  for (std::size_t axis = 0; axis < std::min<std::size_t>(3, axes); ++axis) {
    volume.geometry.spacing[axis] = spacing[axis];
    volume.geometry.origin[axis] = origin[axis];
    for (std::size_t row = 0; row < std::min<std::size_t>(3, axes); ++row)
      volume.geometry.direction[3 * row + axis] = directions[axes * axis + row];
  }
  volume.geometry.known = true;
  if (components) std::rotate(sizes.begin(), sizes.end() - 1, sizes.end());
  if (components && axes == 2) sizes.insert(sizes.begin() + 1, 1);
  shape = four_sizes(sizes, "zyx", path.string());
  if (!voxels) return volume;
  auto data = read_h5(path, key);
  if (components) data = data.movedim(-1, 0);
  volume.data = data.contiguous().view(shape);
  return volume;
}

std::string chosen_key(const std::filesystem::path& path, const std::vector<std::string>& keys, const ReadOptions& options) {
  if (!options.key.empty()) return options.key;
  const std::string usual = options.label ? "label" : "image";
  if (std::find(keys.begin(), keys.end(), usual) != keys.end()) return usual;
  if (keys.size() == 1) return keys[0];
  throw Error(ErrorKind::data,
              fmt::format("has no data set '{}'; it has {}", usual, keys.empty() ? "none" : "'" + join(keys, "', '") + "'"),
              path.string(), keys.empty() ? "" : "name the one to read");
}

}  // namespace

Volume read_h5_volume(const std::filesystem::path& path, const ReadOptions& options, bool voxels,
                      std::vector<std::int64_t>& shape) {
  const auto keys = h5_keys(path);
  if (options.key.empty() && std::find(keys.begin(), keys.end(), "ITKVersion") != keys.end())
    return read_itk_h5(path, voxels, shape);
  const auto key = chosen_key(path, keys, options);
  const auto where = fmt::format("{}: '{}'", path.string(), key);
  Volume volume;
  volume.stored.format = "HDF5";
  volume.stored.type = h5_type_name(path, key);
  std::string axes;
  volume.geometry = attributed_geometry(read_h5_attributes(path), axes);
  if (!volume.geometry.known && axes.empty()) volume.notes.emplace_back("says nothing of its axes: they are taken as stored");
  shape = four_sizes(h5_shape(path, key), axes, where);
  if (voxels) volume.data = four_axes(read_h5(path, key), axes, where);
  return volume;
}

H5Attributes volume_attributes(const Geometry& geometry, const std::string& source) {
  H5Attributes attributes{{"axes", std::string("z, y, x")}, {"source", source}};
  if (!geometry.known) return attributes;
  const auto affine = ras_affine(geometry);
  attributes.emplace_back("affine", std::vector<double>(affine.begin(), affine.end()));
  attributes.emplace_back("spacing", std::vector<double>(geometry.spacing.rbegin(), geometry.spacing.rend()));
  return attributes;
}

Geometry attributed_geometry(const H5Attributes& attributes, std::string& axes) {
  std::vector<double> affine, spacing;
  for (const auto& [name, value] : attributes) {
    if (name == "axes" && std::holds_alternative<std::string>(value)) {
      for (const char letter : std::get<std::string>(value))
        if (letter >= 'x' && letter <= 'z') axes += letter;
    }
    if (const auto* list = std::get_if<std::vector<double>>(&value)) {
      if (name == "affine") affine = *list;
      if (name == "spacing") spacing = *list;
    }
  }
  auto sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != "xyz") axes.clear();
  if (affine.size() == 16) {
    std::array<double, 16> matrix;
    std::copy(affine.begin(), affine.end(), matrix.begin());
    return geometry_of_ras(matrix);
  }
  Geometry geometry;
  if (spacing.size() != 3) return geometry;
  const std::string order = axes.empty() ? "zyx" : axes;
  for (std::size_t axis = 0; axis < 3; ++axis) geometry.spacing[static_cast<std::size_t>(order[axis] - 'x')] = spacing[axis];
  geometry.known = true;
  return geometry;
}

void write_h5_volume(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry, bool label,
                     const std::string& source) {
  write_h5(path, {{label ? "label" : "image", voxels}}, volume_attributes(geometry, source));
}

}  // namespace plexus
