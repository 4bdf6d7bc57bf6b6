#include <plexus/eval/surface.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include <ATen/ATen.h>

#include <plexus/eval/distance.hpp>
#include <plexus/eval/grid.hpp>

namespace plexus {
namespace {

constexpr double no_distance = std::numeric_limits<double>::quiet_NaN();

// From each set voxel of `from` to the nearest of `to`, ascending.
std::vector<double> directed(const MaskGrid& from, const MaskGrid& to, const std::array<double, 3>& spacing) {
  const std::vector<double> squared = squared_distances(to.values, to.shape, spacing);
  std::vector<double> distances;
  for (std::size_t i = 0; i < squared.size(); ++i)
    if (from.values[i]) distances.push_back(std::sqrt(squared[i]));
  std::sort(distances.begin(), distances.end());
  return distances;
}

double mean(const std::vector<double>& values) {
  return values.empty() ? no_distance : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// `value` of one ascending list, put together over the directions.
template <class Value>
double combine(const SurfaceDistances& distances, Directions directions, Value&& value) {
  const auto& [a, b] = distances;
  if (a.empty() || b.empty()) return no_distance;
  switch (directions) {
    case Directions::larger:
      return std::max(value(a), value(b));
    case Directions::mean:
      return (value(a) + value(b)) / 2;
    case Directions::to_truth:
      return value(a);
    case Directions::to_prediction:
      return value(b);
    case Directions::pooled:
      break;
  }
  std::vector<double> both(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), both.begin());
  return value(both);
}

}  // namespace

at::Tensor border(const at::Tensor& mask) {
  const at::Tensor set = set_voxels(mask);
  const MaskGrid edge = border(crop(set, {{0, 0, 0}, grid_shape(set)}, mask.dim() == 2));
  return at::tensor(edge.values, at::kByte).to(at::kBool).reshape(mask.sizes());
}

SurfaceDistances surface_distances(const at::Tensor& prediction, const at::Tensor& truth, const std::vector<double>& spacing) {
  if (prediction.sizes() != truth.sizes())
    throw std::invalid_argument("surface_distances: prediction and truth differ in shape");
  const auto steps = grid_spacing(truth, spacing);
  const at::Tensor a = set_voxels(prediction), b = set_voxels(truth);
  const GridBox box_a = bounding_box(a), box_b = bounding_box(b);
  if (box_a.empty() || box_b.empty()) return {};
  // Both masks end inside the box, so that its walls are the borders that the whole grid has.
  const GridBox box = join(box_a, box_b);
  const bool flat = truth.dim() == 2;
  const MaskGrid edge_a = border(crop(a, box, flat)), edge_b = border(crop(b, box, flat));
  return {directed(edge_a, edge_b, steps), directed(edge_b, edge_a, steps)};
}

double percentile(const std::vector<double>& ascending, double percent) {
  if (ascending.empty()) return no_distance;
  const double place = percent / 100 * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(std::clamp(std::floor(place), 0.0, static_cast<double>(ascending.size() - 1)));
  const double low = ascending[below], high = ascending[std::min(below + 1, ascending.size() - 1)];
  return low + (high - low) * (place - static_cast<double>(below));
}

double hausdorff(const SurfaceDistances& distances, double percent, Directions directions) {
  return combine(distances, directions, [&](const std::vector<double>& list) { return percentile(list, percent); });
}

double mean_distance(const SurfaceDistances& distances, Directions directions) { return combine(distances, directions, mean); }

}  // namespace plexus
