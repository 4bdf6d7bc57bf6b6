#pragma once
#include <cstdint>
#include <vector>

#include <plexus/data/resample.hpp>

namespace plexus {

// Positions closer to a voxel's centre, or to half a voxel beyond the border, than this are taken for being there: it is above
// what rounding makes of a place in a large volume and below what an image shows.
inline constexpr double place_tolerance = 1e-6;

// Weights of a cubic B-spline at the four voxels around a place `part` behind the second of them.
void cubic_weights(double part, double weights[4]);
// The index that whole-sample mirroring gives a place beyond the borders of an axis.
std::int64_t mirrored(std::int64_t index, std::int64_t size);

// What the voxels of an output axis take from one parallel input axis: output o lies at offset + step * o.
// Output o is the sum over t < count of weight[t * n_out + o] times input base[o] + first + t, where inputs beyond the
// axis are its mirror images.
struct Taps {
  int count = 1;                    // voxels that count for each output: 1, 2 or 4
  std::int64_t first = 0;           // 0, or -1 for four
  bool unit_step = false;           // base[o] = base[0] + o
  std::int64_t begin = 0, end = 0;  // outputs inside; the others have the value of the border in base and weight
  std::vector<std::int32_t> base;
  std::vector<float> weight;
};
Taps make_taps(double offset, double step, std::int64_t n_in, std::int64_t n_out, Interpolation interpolation);

}  // namespace plexus
