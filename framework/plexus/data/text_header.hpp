#pragma once
#include <cstdint>
#include <filesystem>

#include <plexus/data/elements.hpp>

namespace plexus {

// Where the voxels of a NRRD or MetaImage header are, as far as must be known before ITK's readers take the header at its
// word.
struct VoxelBytes {
  std::filesystem::path path;                                 // the header's own file, or the one that it names
  std::uint64_t offset = 0;                                   // in it; NRRD: 0
  std::uint64_t bytes = 0;                                    // from there to the end of the file
  bool compressed = false, text = false, big_endian = false;  // MetaImage only
};
// Throws Error(data) where the header names many files or none, or asks for more axes than 5.
VoxelBytes voxel_bytes(const std::filesystem::path& header);

// The voxels of a MetaImage, [count] of a type: ITK's own reader passes over missing and damaged bytes in silence. Undefined
// where they are written as text. Throws Error(data): cut short, damaged.
at::Tensor read_meta_voxels(const VoxelBytes& place, ElementType type, std::int64_t count);

}  // namespace plexus
