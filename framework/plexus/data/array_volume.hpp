#pragma once
#include <filesystem>
#include <vector>

#include <plexus/data/h5.hpp>
#include <plexus/data/volume.hpp>

namespace plexus {

// Volumes in files of arrays; see volume.hpp. `voxels` false: geometry and `shape` [C, D, H, W], where that spares reading.

// The field's files (data sets `image` and `label`, attributes below) or ITK's (group /ITKImage/0).
Volume read_h5_volume(const std::filesystem::path& path, const ReadOptions& options, bool voxels,
                      std::vector<std::int64_t>& shape);
// NPY and NPZ; an NPZ's arrays `affine` (4 x 4) and `spacing` are read like the attributes of HDF5 files.
Volume read_array_volume(const std::filesystem::path& path, const ReadOptions& options, bool voxels,
                         std::vector<std::int64_t>& shape);

void write_h5_volume(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry, bool label,
                     const std::string& source);
void write_array_volume(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry, bool label);

// Attributes of an HDF5 volume [D, H, W]: "affine" (4 x 4, row-major, from i, j, k to RAS+ millimetres), "spacing" (in the
// order of the axes), "axes" ("z, y, x"), "source". Without known geometry only the latter two.
H5Attributes volume_attributes(const Geometry& geometry, const std::string& source);
// The geometry that such attributes tell; unknown where they tell none. `axes` takes the stored order, "zyx" if not said.
Geometry attributed_geometry(const H5Attributes& attributes, std::string& axes);

// [H, W], [D, H, W] or [C, D, H, W] as [C, D, H, W], its spatial axes turned from the order `axes` (letters x, y, z) to zyx.
at::Tensor four_axes(const at::Tensor& values, const std::string& axes, const std::string& where);
std::vector<std::int64_t> four_sizes(const std::vector<std::int64_t>& sizes, const std::string& axes, const std::string& where);

}  // namespace plexus
