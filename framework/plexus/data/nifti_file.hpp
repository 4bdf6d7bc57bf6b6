#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <plexus/data/nifti.hpp>

namespace plexus {

// The header of a single-file NIfTI, compressed or not (told by its first bytes, whatever the suffix).
NiftiHeader read_nifti_header(const std::filesystem::path& path);
// Its voxels as [C, D, H, W] of the types that volume.hpp names. `notes` takes what was left out. The header is read from
// the same file.
at::Tensor read_nifti_voxels(const std::filesystem::path& path, const NiftiHeader& header, std::vector<std::string>& notes);
// [C, D, H, W] that the header describes; C is the product of the axes beyond the third, of which one may be above 1.
std::vector<std::int64_t> nifti_shape(const NiftiHeader& header, const std::string& where);
// Writes [D, H, W] or [C, D, H, W] (uint8, int16, int32, int64, float32, float64) below the header, whose sizes, type and slope
// are set; compressed where the path ends in .gz. Not atomic.
void write_nifti_file(const std::filesystem::path& path, const at::Tensor& voxels, NiftiHeader header);

}  // namespace plexus
