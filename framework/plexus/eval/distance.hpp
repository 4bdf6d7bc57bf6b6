#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// Squared Euclidean distance of every voxel to the nearest set voxel, exact up to the rounding of doubles, in time linear in
// the number of voxels (lower envelopes of parabolas, axis by axis; Felzenszwalb and Huttenlocher 2012).
// `seeds`: zero or not, [shape[0], shape[1], shape[2]] row-major; infinity everywhere where none is set. `spacing` in the
// order of the axes.
std::vector<double> squared_distances(const std::vector<std::uint8_t>& seeds, const std::array<std::int64_t, 3>& shape,
                                      const std::array<double, 3>& spacing);

// Distance, in float64, of every voxel of a mask [(D,) H, W] to its nearest set voxel. `spacing` has one value an axis, in
// the mask's order; empty: 1.
at::Tensor distance_transform(const at::Tensor& mask, const std::vector<double>& spacing = {});

}  // namespace plexus
