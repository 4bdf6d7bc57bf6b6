#pragma once
#include <filesystem>

#include <ATen/core/Tensor.h>

#include <plexus/sdk/sample.hpp>

namespace plexus {

// .nhdr and .mhd: a text header, and the voxels in a file beside it, little endian: NAME.raw.gz (gzip) and NAME.raw.
bool is_detached(const std::filesystem::path& path);
std::filesystem::path detached_voxels(const std::filesystem::path& header);

// The voxels [C, D, H, W], atomically. `level` of gzip, 1 to 12.
void write_detached_voxels(const std::filesystem::path& path, const at::Tensor& voxels, int level);
// Their header, which names `data`, a file of the same folder. A fourth axis where there are several channels. Not atomic.
void write_detached_header(const std::filesystem::path& header, const at::Tensor& voxels, const Geometry& geometry,
                           const std::filesystem::path& data);

}  // namespace plexus
