#pragma once
#include <filesystem>

#include <plexus/data/volume.hpp>

namespace plexus {

// NRRD, MetaImage and PNG through ITK's readers. `voxels` false: geometry and `shape` [C, D, H, W] only.
Volume read_itk(const std::filesystem::path& path, bool voxels, std::vector<std::int64_t>& shape);
// [C, D, H, W]; compressed. Not atomic.
void write_itk(const std::filesystem::path& path, const at::Tensor& voxels, const Geometry& geometry);

}  // namespace plexus
