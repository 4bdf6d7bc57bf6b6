#pragma once
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace plexus {

struct Components {
  at::Tensor label;                 // int32, the mask's shape: 0 outside, 1, 2, ... in the order of their first voxels
  std::vector<std::int64_t> sizes;  // in voxels; sizes[k] of component k + 1
};

// Which voxels touch: across faces; faces and edges; faces, edges and corners (6, 18, 26 neighbours; 4, 8, 8 in 2D).
enum class Connectivity { faces, edges, corners };

// Of a mask [(D,) H, W] (set where not 0), in time linear in its voxels.
Components connected_components(const at::Tensor& mask, Connectivity connectivity = Connectivity::corners);

// The largest component (the first of equals) as a bool mask; all false where there is none.
at::Tensor largest_component(const at::Tensor& mask, Connectivity connectivity = Connectivity::corners);

// A label map [(D,) H, W] with only the largest component of each id but 0 kept, the rest set to 0.
at::Tensor keep_largest(const at::Tensor& label, Connectivity connectivity = Connectivity::corners);

}  // namespace plexus
