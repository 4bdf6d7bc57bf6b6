#pragma once
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

// The voxels of a mask [(D,) H, W] that have a 6-neighbour (4 in 2D) outside it; beyond the grid is outside. Bool, same
// shape.
at::Tensor border(const at::Tensor& mask);

// For each border voxel of one mask the distance to the other mask's nearest border voxel, ascending.
struct SurfaceDistances {
  std::vector<double> to_truth;       // from the prediction's border
  std::vector<double> to_prediction;  // from the truth's border
};
// Masks [(D,) H, W] of one shape, any type (set where not 0); `spacing` one value an axis in the masks' order, empty: 1.
// Both lists are empty where a mask is.
SurfaceDistances surface_distances(const at::Tensor& prediction, const at::Tensor& truth,
                                   const std::vector<double>& spacing = {});

// Percentile (0 ... 100) of ascending values, linear between neighbours, as NumPy's; NaN of none.
double percentile(const std::vector<double>& ascending, double percent);

// How the two directions become one number.
enum class Directions {
  larger,        // the larger of the two directions' values
  pooled,        // one list of both directions (MedPy's hd95)
  mean,          // mean of the two directions' values (MedPy's assd)
  to_truth,      // the prediction's border only (MedPy's asd)
  to_prediction  // the truth's border only
};
double hausdorff(const SurfaceDistances& distances, double percent = 100, Directions directions = Directions::larger);
double mean_distance(const SurfaceDistances& distances, Directions directions);

}  // namespace plexus
