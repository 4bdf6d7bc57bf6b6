#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "phantom/scene.hpp"

namespace plexus::phantom {

// Smooth random values of about unit variance: independent normal nodes on a lattice, blended with a cubic step. The node
// values depend on the stream and the node alone, so a finer grid shows the same field.
class NoiseField {
 public:
  // `length` is the distance of nodes in mm. The lattice covers the grid.
  NoiseField(const Grid& grid, double length, const Rng& rng);
  double at(const Point& point) const;

 private:
  double length_;
  std::array<std::int64_t, 3> first_, count_;
  std::vector<double> nodes_;
};

}  // namespace plexus::phantom
