#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/data/header.hpp>
#include <plexus/sdk/sample.hpp>

namespace plexus {

// A volume as stored. `data` is [C, D, H, W], contiguous, index (i, j, k) of the file at [c, k, j, i]. Element type: that of
// the file (uint16 as int32, uint32 and uint64 as int64, which LibTorch calculates with), float32 where a slope is applied.
struct Volume {
  at::Tensor data;
  Geometry geometry;
  std::shared_ptr<const Header> header;  // NIfTI only; null for other formats
  std::vector<std::string> notes;        // what was repaired or left out while reading, one sentence each
};

// Reads by suffix: .nii, .nii.gz (NIfTI-1 and NIfTI-2, own codec), .nrrd, .nhdr, .mha, .mhd, .png (through ITK), also in
// upper case. 4D files give their fourth axis as channels. Throws Error(data) naming the file: missing, cut short, not what
// the suffix says, RGB(A) or complex voxels, more than 4 dimensions, sheared or undefined axes, sizes beyond memory.
Volume read_volume(const std::filesystem::path& path);
// The same without voxels (`data` is undefined); `shape` is [C, D, H, W]. NIfTI only reads its header.
Volume read_volume_geometry(const std::filesystem::path& path, std::vector<std::int64_t>& shape);

// Writes an integer map [D, H, W] on the given grid, atomically. NIfTI: the header of `like` is kept (units, description,
// codes, both transforms) with the smallest integer type that holds the values, slope 1, intent LABEL; without `like`, or
// where its grid is another, a header is made from the geometry. The file is read back and its geometry compared before it
// takes the target's name. Throws Error(data), or Error(resource) where the disk is full.
void write_label(const std::filesystem::path& path, const at::Tensor& label, const Geometry& geometry,
                 const Header* like = nullptr);
// The same for an image [D, H, W] or [C, D, H, W]: floating types as float32, integers as they are.
void write_image(const std::filesystem::path& path, const at::Tensor& image, const Geometry& geometry,
                 const Header* like = nullptr);

// By its suffix alone.
bool is_volume_file(const std::filesystem::path& path);
// The file's name without the volume suffix: "case_1.nii.gz" -> "case_1".
std::string volume_stem(const std::filesystem::path& path);

// Largest distance in millimetres between the places that two geometries give the corners of a grid of `size` [D, H, W].
double corner_distance(const Geometry& a, const Geometry& b, at::IntArrayRef size);

}  // namespace plexus
