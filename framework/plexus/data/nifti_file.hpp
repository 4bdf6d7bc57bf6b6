#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/data/nifti.hpp>

namespace plexus {

// NIfTI files of both versions, compressed or not (told by their first bytes, whatever the suffix): single ones, and pairs,
// of which either file may be given.

NiftiHeader read_nifti_header(const std::filesystem::path& path);
// The voxels as [C, D, H, W] of the types that volume.hpp names. `notes` takes what was left out. The header is that of the
// same path.
at::Tensor read_nifti_voxels(const std::filesystem::path& path, const NiftiHeader& header, std::vector<std::string>& notes);
// [C, D, H, W] that the header describes; C is the product of the axes beyond the third, of which one may be above 1.
std::vector<std::int64_t> nifti_shape(const NiftiHeader& header, const std::string& where);
// NumPy's name of the stored type: "int16". Throws Error(data) for what is not one number a voxel: RGB(A), complex, bits.
std::string nifti_type_name(const NiftiHeader& header, const std::string& where);
// Whether the header's slope and intercept change the values.
bool nifti_scaled(const NiftiHeader& header);
// Writes [D, H, W] or [C, D, H, W] (uint8, int16, int32, int64, float32, float64) below the header, whose sizes, type and slope
// are set; compressed by `level` (1 to 12) where the path ends in .gz. Not atomic. Of a pair, the header's file only.
void write_nifti_file(const std::filesystem::path& path, const at::Tensor& voxels, NiftiHeader header, int level = 4);
// The other file of a pair.
std::filesystem::path nifti_pair_voxels(const std::filesystem::path& header);
std::filesystem::path nifti_pair_header(const std::filesystem::path& voxels);

}  // namespace plexus
