#include <plexus/data/array_volume.hpp>

#include <algorithm>
#include <array>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/affine.hpp>
#include <plexus/data/npy.hpp>

namespace plexus {
namespace {

bool holds(const std::vector<std::string>& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string chosen_array(const std::filesystem::path& path, const std::vector<std::string>& keys, const ReadOptions& options) {
  if (!options.key.empty()) return options.key;
  const auto usual = options.label ? std::array{"label", "seg"} : std::array{"image", "vol"};
  for (const char* key : usual)
    if (holds(keys, key)) return key;
  std::vector<std::string> others;
  for (const auto& key : keys)
    if (key != "affine" && key != "spacing") others.push_back(key);
  if (others.size() == 1) return others[0];
  throw Error(
      ErrorKind::data,
      fmt::format("has no array '{}'; it has {}", usual.front(), keys.empty() ? "none" : "'" + join(keys, "', '") + "'"),
      path.string(), keys.empty() ? "" : "name the one to read");
}

std::vector<double> doubles(const std::filesystem::path& path, const std::string& key) {
  const auto values = read_npz(path, key).to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

// Where the spatial axes of [C, D, H, W] are in the stored order.
std::vector<std::int64_t> turned_axes(const std::string& axes) {
  return {0, 1 + static_cast<std::int64_t>(axes.find('z')), 1 + static_cast<std::int64_t>(axes.find('y')),
          1 + static_cast<std::int64_t>(axes.find('x'))};
}

std::vector<std::int64_t> padded_sizes(std::vector<std::int64_t> sizes, const std::string& where) {
  if (sizes.size() < 2 || sizes.size() > 4) {
    throw Error(ErrorKind::data, fmt::format("has {} axes; a volume has 2 to 4", sizes.size()), where,
                "give one volume, or one with channels");
  }
  while (sizes.size() < 4) sizes.insert(sizes.begin(), 1);
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) throw Error(ErrorKind::data, "holds no voxels", where);
  return sizes;
}

}  // namespace

std::vector<std::int64_t> four_sizes(const std::vector<std::int64_t>& sizes, const std::string& axes,
                                     const std::string& where) {
  auto padded = padded_sizes(sizes, where);
  if (axes.empty() || sizes.size() < 3) return padded;
  std::vector<std::int64_t> turned;
  for (const auto axis : turned_axes(axes)) turned.push_back(padded[static_cast<std::size_t>(axis)]);
  return turned;
}

at::Tensor four_axes(const at::Tensor& values, const std::string& axes, const std::string& where) {
  const auto padded = values.view(padded_sizes(values.sizes().vec(), where));
  return axes.empty() || values.dim() < 3 ? padded : padded.permute(turned_axes(axes)).contiguous();
}

Volume read_array_volume(const std::filesystem::path& path, const ReadOptions& options, bool voxels,
                         std::vector<std::int64_t>& shape) {
  Volume volume;
  if (volume_format(path) == VolumeFormat::npy) {
    volume.stored.format = "NPY";
    shape = four_sizes(npy_shape(path, volume.stored.type), "", path.string());
    if (voxels) volume.data = read_npy(path).view(shape);
    return volume;
  }
  volume.stored.format = "NPZ";
  const auto keys = npz_keys(path);
  const auto key = chosen_array(path, keys, options);
  volume.data = four_axes(read_npz(path, key, &volume.stored.type), "", fmt::format("{}: '{}'", path.string(), key));
  shape = volume.data.sizes().vec();
  H5Attributes attributes;
  for (const char* name : {"affine", "spacing"})
    if (holds(keys, name) && key != name) attributes.emplace_back(name, doubles(path, name));
  std::string unsaid;
  volume.geometry = attributed_geometry(attributes, unsaid);
  return volume;
}

void write_array_volume(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry, bool label) {
  if (volume_format(path) == VolumeFormat::npy) return write_npy(path, voxels);
  std::vector<std::pair<std::string, at::Tensor>> arrays{{label ? "label" : "image", voxels}};
  if (geometry.known) {
    const auto affine = ras_affine(geometry);
    arrays.emplace_back("affine", at::tensor(at::ArrayRef<double>(affine), at::kDouble).view({4, 4}));
    const std::vector<double> spacing(geometry.spacing.rbegin(), geometry.spacing.rend());
    arrays.emplace_back("spacing", at::tensor(spacing, at::kDouble));
  }
  write_npz(path, arrays);
}

}  // namespace plexus
