#pragma once
#include <torch/torch.h>

#include <plexus/sdk/sample.hpp>

namespace plexus::test {

// 5 x 6 x 7 voxels (D, H, W) that no flip or change of axes leaves alike: (7 i + 13 j + 29 k + 3 i j + 5 j k + i i k) mod 53.
inline at::Tensor numbered_volume() {
  const auto i = torch::arange(7).view({1, 1, 7}), j = torch::arange(6).view({1, 6, 1}), k = torch::arange(5).view({5, 1, 1});
  return (7 * i + 13 * j + 29 * k + 3 * i * j + 5 * j * k + i * i * k).remainder(53).to(at::kFloat);
}

// Anisotropic, and turned about all three axes of the patient (0.3, -0.2 and 0.5 radians about x, y, z).
inline Geometry oblique_geometry() {
  Geometry geometry;
  geometry.known = true;
  geometry.spacing = {0.9, 1.3, 2.5};
  geometry.origin = {-12, 7.5, 30};
  geometry.direction = {0.8600893382050473,  -0.5095362866083979, -0.02488177918333981, 0.4698689469495153, 0.8102391858702562,
                        -0.3503364588118942, 0.19866933079506122, 0.28962947762551555,  0.9362933635841992};
  return geometry;
}

// The same spacing, stored as sagittal planes that are turned a little: its axes grow to the front, down and to the left.
inline Geometry sagittal_geometry() {
  Geometry geometry;
  geometry.known = true;
  geometry.spacing = {0.9, 1.3, 2.5};
  geometry.origin = {5, 6, 7};
  geometry.direction = {-0.19866933079506122, 0.09784339500725571,  0.975170327201816,
                        -0.9690614866211725,  -0.16830268971682358, -0.18053819480000777,
                        0.1464593190923865,   -0.980867409330913,   0.128252848558844};
  return geometry;
}

}  // namespace plexus::test
