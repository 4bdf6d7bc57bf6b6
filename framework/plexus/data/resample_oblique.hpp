#pragma once
#include <optional>

#include <plexus/data/geometry.hpp>
#include <plexus/data/resample_separable.hpp>

namespace plexus {

// Resampling between grids whose axes are not parallel: every output voxel looks up its own place, which `map` gives from
// its index. `input` holds B-spline coefficients where the interpolation is bspline.
void resample_oblique(const Block<const float>& input, const Block<float>& output, const IndexMap& map,
                      Interpolation interpolation, std::optional<double> outside);
// The voxel nearest to each place; T as for resample_picked.
template <class T>
void pick_oblique(const Block<const T>& input, const Block<T>& output, const IndexMap& map, std::optional<T> outside);

}  // namespace plexus
