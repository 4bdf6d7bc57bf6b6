#pragma once
#include <cstdint>

namespace plexus {

// Turns the values of a contiguous volume [depth, height, width] into the coefficients of the cubic B-spline that goes
// through them, in place. Recursive filters along each axis with one pole, sqrt(3) - 2, and whole-sample mirroring: Unser,
// "Splines: a perfect fit for signal and image processing", IEEE Signal Processing Magazine 16(6), 1999. An axis of one
// voxel is left as it is.
void bspline_coefficients(float* values, std::int64_t depth, std::int64_t height, std::int64_t width);

}  // namespace plexus
