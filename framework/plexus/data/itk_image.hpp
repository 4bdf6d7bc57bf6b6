#pragma once
#include <filesystem>
#include <vector>

#include <plexus/data/volume.hpp>

namespace plexus {

// NRRD, MetaImage, PNG, JPEG, GIF, TIFF and BMP through ITK's readers. `voxels` false: geometry and `shape` [C, D, H, W] only.
// Pictures have no geometry; their colours, and a fourth axis elsewhere, are channels.
Volume read_itk(const std::filesystem::path& path, bool voxels, std::vector<std::int64_t>& shape);
// Throws Error(data) where the format cannot hold [C, D, H, W]: pictures hold one plane of 8 bits in 1 or 3 channels, JPEG no
// labels, GIF nothing.
void check_itk_writable(const std::filesystem::path& path, const at::Tensor& voxels, bool label);
// [C, D, H, W]; compressed by `level` 1 to 9. Not atomic.
void write_itk(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry, int level);

}  // namespace plexus
