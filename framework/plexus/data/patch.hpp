#pragma once
#include <cstdint>
#include <vector>

namespace plexus {

// Where patches are cut as GenericSSL and its kin do (V-Net's data code of UA-MT, and DHC): a sample of which any axis is no
// larger than the patch is padded on both sides of every axis by max(floor((patch - n) / 2) + extra, 0) zeros; as published,
// the last offset is never drawn.
struct PatchRoom {
  std::vector<std::int64_t> margin;  // zeros in front of each axis
  std::vector<std::int64_t> bound;   // offsets, counted from the padding's first voxel, are drawn from [0, bound)
};
// `extra` is 1 in 3D and 2 in 2D. Throws std::invalid_argument where the numbers of axes differ.
PatchRoom patch_room(const std::vector<std::int64_t>& size, const std::vector<std::int64_t>& patch, std::int64_t extra);
// Start of the middle patch, negative where padding is taken; halves are rounded to even, and `extra` is 1 in 2D as well.
std::vector<std::int64_t> middle_patch(const std::vector<std::int64_t>& size, const std::vector<std::int64_t>& patch);

}  // namespace plexus
