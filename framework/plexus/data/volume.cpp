#include <plexus/data/volume.hpp>

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/array_volume.hpp>
#include <plexus/data/dicom.hpp>
#include <plexus/data/itk_image.hpp>
#include <plexus/data/nifti_file.hpp>

namespace plexus {
namespace {

Volume read_nifti(const std::filesystem::path& path, const ReadOptions& options, bool voxels,
                  std::vector<std::int64_t>& shape) {
  Volume volume;
  auto header = read_nifti_header(path);
  shape = nifti_shape(header, path.string());
  volume.stored.format = "NIfTI-" + std::to_string(header.version);
  volume.stored.type = nifti_type_name(header, path.string());
  if (nifti_scaled(header)) {
    volume.stored.slope = header.scl_slope;
    volume.stored.inter = header.scl_inter;
  }
  volume.geometry =
      nifti_geometry(header, path.string(), volume.stored.transform, volume.notes, options.on_shear != OnShear::error);
  if (voxels) volume.data = read_nifti_voxels(path, header, volume.notes);
  volume.header = std::make_shared<Header>(std::move(header));
  return volume;
}

Volume read(const std::filesystem::path& path, const ReadOptions& options, bool voxels, std::vector<std::int64_t>& shape) {
  const auto format = volume_format(path);
  if (format == VolumeFormat::none)
    throw Error(ErrorKind::data, "is not a volume by its name", path.string(), volume_formats_text());
  if (!std::filesystem::exists(path)) throw Error(ErrorKind::data, "does not exist", path.string());
  switch (format) {
    case VolumeFormat::nifti:
    case VolumeFormat::nifti_pair:
      return read_nifti(path, options, voxels, shape);
    case VolumeFormat::dicom:
      return read_dicom(path, options, voxels, shape);
    case VolumeFormat::h5:
      return read_h5_volume(path, options, voxels, shape);
    case VolumeFormat::npy:
    case VolumeFormat::npz:
      return read_array_volume(path, options, voxels, shape);
    default:
      return read_itk(path, voxels, shape);
  }
}

void check_geometry(const Geometry& geometry, const std::filesystem::path& path) {
  bool good = true;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double square = 0;
    for (std::size_t row = 0; row < 3; ++row) square += geometry.direction[3 * row + axis] * geometry.direction[3 * row + axis];
    good = good && std::isfinite(geometry.origin[axis]) && std::isnormal(geometry.spacing[axis]) &&
           geometry.spacing[axis] > 0 && std::isfinite(square) && std::abs(square - 1) < 1e-2;
  }
  if (!good) {
    throw Error(ErrorKind::data, "its spacing, origin or axes are no sound numbers", path.string(),
                "mend the header, or convert the file again");
  }
}

// Label values that were stored as real numbers; plane by plane, in little memory.
at::Tensor whole_labels(const at::Tensor& values, const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::data, what, path.string(), "a label map holds whole numbers: is this an image, or a map of probabilities?");
  };
  auto labels = at::empty(values.sizes(), at::kInt);
  const auto from = values.flatten(0, 1), to = labels.flatten(0, 1);
  for (std::int64_t i = 0; i < from.size(0); ++i) {
    const auto plane = from[i], rounded = plane.round();
    if (plane.numel() == 0) continue;
    if (!plane.isfinite().all().item<bool>()) refuse("a label value is no number (NaN or infinite)");
    if (rounded.abs().max().item<double>() > 2147483647.0) refuse("a label value lies beyond 32 bits");
    const auto off = (plane - rounded).abs();
    if (const auto most = off.argmax(); off.flatten()[most].item<double>() > 0.01)
      refuse(fmt::format("a label value is {:g}", plane.flatten()[most].item<double>()));
    to[i].copy_(rounded);
  }
  return labels;
}

Volume sound(const std::filesystem::path& path, const ReadOptions& options, bool voxels, std::vector<std::int64_t>& shape) {
  auto volume = read(path, options, voxels, shape);
  check_geometry(volume.geometry, path);
  if (shear_of(volume.geometry) > largest_shear) {
    if (options.on_shear == OnShear::error) {
      throw Error(ErrorKind::data, "the axes are sheared", path.string(),
                  "read it with --on-shear nearest (closest right angles) or --on-shear resample (onto a grid with right angles)");
    }
    const std::vector<std::int64_t> size(shape.begin() + 1, shape.end());
    const auto straight = straight_size(volume.geometry, size, options.on_shear);
    volume.notes.push_back(straighten(volume.data, volume.geometry, size, options.on_shear, options.label));
    std::copy(straight.begin(), straight.end(), shape.begin() + 1);
  }
  if (options.label && volume.data.defined() && volume.data.is_floating_point()) volume.data = whole_labels(volume.data, path);
  return volume;
}

}  // namespace

Volume read_volume(const std::filesystem::path& path, const ReadOptions& options) {
  std::vector<std::int64_t> shape;
  return sound(path, options, true, shape);
}

Volume read_volume_geometry(const std::filesystem::path& path, std::vector<std::int64_t>& shape, const ReadOptions& options) {
  auto volume = sound(path, options, false, shape);
  volume.data = at::Tensor();
  return volume;
}

double corner_distance(const Geometry& a, const Geometry& b, at::IntArrayRef size) {
  double largest = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double square = 0;
    for (std::size_t row = 0; row < 3; ++row) {
      double off = a.origin[row] - b.origin[row];
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const double index = (corner >> axis) & 1 ? static_cast<double>(size[2 - axis] - 1) : 0;
        off += index * (a.direction[3 * row + axis] * a.spacing[axis] - b.direction[3 * row + axis] * b.spacing[axis]);
      }
      square += off * off;
    }
    largest = std::max(largest, square);
  }
  return std::sqrt(largest);
}

}  // namespace plexus
