#pragma once
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// Voxel counts of two masks on one grid.
struct Overlap {
  std::int64_t both = 0, prediction_only = 0, truth_only = 0, neither = 0;
  std::int64_t prediction() const { return both + prediction_only; }
  std::int64_t truth() const { return both + truth_only; }
};

// Counts of each of `ids`, in one pass. Label maps of one shape, any integer type, on any device.
std::vector<Overlap> overlaps(const at::Tensor& prediction, const at::Tensor& truth, const std::vector<std::int64_t>& ids);

// NaN where the denominator is 0.
double dice(const Overlap& counts);                        // 2 |A n B| / (|A| + |B|)
double jaccard(const Overlap& counts);                     // |A n B| / |A u B|
double sensitivity(const Overlap& counts);                 // |A n B| / |B|, B the truth
double precision(const Overlap& counts);                   // |A n B| / |A|
double specificity(const Overlap& counts);                 // of the voxels outside B, the share outside A
double accuracy(const Overlap& counts);                    // of all voxels, the share that is right
double relative_volume_difference(const Overlap& counts);  // (|A| - |B|) / |B|

}  // namespace plexus
