#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <ATen/ATen.h>

#include <plexus/data/elements.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/resample.hpp>

namespace plexus {
namespace {

// Voxels [low, high) along x, y, z.
struct Box {
  std::array<std::int64_t, 3> low{}, high{};
};

// The smallest box around the voxels of each id, in one pass.
std::map<std::int64_t, Box> boxes_of(const at::Tensor& label) {
  std::map<std::int64_t, Box> boxes;
  const auto height = label.size(1), width = label.size(2);
  for (std::int64_t z = 0; z < label.size(0); ++z) {
    const at::Tensor plane = label[z].to(at::kLong).contiguous();
    const auto* ids = plane.const_data_ptr<std::int64_t>();
    for (std::int64_t y = 0; y < height; ++y, ids += width)
      for (std::int64_t x = 0; x < width;) {
        const std::int64_t id = ids[x], begin = x;
        while (x < width && ids[x] == id) ++x;
        const auto [found, fresh] = boxes.try_emplace(id, Box{{begin, y, z}, {x, y + 1, z + 1}});
        auto& [low, high] = found->second;
        if (fresh) continue;
        low = {std::min(low[0], begin), std::min(low[1], y), low[2]};
        high = {std::max(high[0], x), std::max(high[1], y + 1), z + 1};
      }
  }
  return boxes;
}

// The voxels of `to`, of `size` x, y, z, that may see something of a box on `from`.
Box seen_from(const Box& box, const Geometry& from, const Geometry& to, const std::array<std::int64_t, 3>& size) {
  const IndexMap map = index_map(from, to);
  Box seen{size, {0, 0, 0}};
  for (int corner = 0; corner < 8; ++corner) {
    Point at{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      at[axis] = (corner >> axis & 1) != 0 ? static_cast<double>(box.high[axis]) : static_cast<double>(box.low[axis]) - 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double there =
          map.offset[axis] + map.matrix[3 * axis] * at[0] + map.matrix[3 * axis + 1] * at[1] + map.matrix[3 * axis + 2] * at[2];
      const double last = static_cast<double>(size[axis]);
      seen.low[axis] = std::min(seen.low[axis], static_cast<std::int64_t>(std::clamp(std::floor(there) - 1, 0.0, last)));
      seen.high[axis] = std::max(seen.high[axis], static_cast<std::int64_t>(std::clamp(std::ceil(there) + 2, 0.0, last)));
    }
  }
  return seen;
}

at::Tensor part_of(const at::Tensor& volume, const Box& box) {
  return volume.slice(0, box.low[2], box.high[2]).slice(1, box.low[1], box.high[1]).slice(2, box.low[0], box.high[0]);
}
Geometry grid_of(const Geometry& geometry, const Box& box) {
  return shifted(geometry, {static_cast<double>(box.low[0]), static_cast<double>(box.low[1]), static_cast<double>(box.low[2])});
}

}  // namespace

at::Tensor resample_label_linear(const at::Tensor& label, const Geometry& from, const Geometry& to, at::IntArrayRef size,
                                 std::optional<double> outside) {
  const Box input{{0, 0, 0}, {label.size(2), label.size(1), label.size(0)}}, output{{0, 0, 0}, {size[2], size[1], size[0]}};
  at::Tensor result = allocate(size, label.scalar_type(), "resample").fill_(outside.value_or(0));
  at::Tensor best = allocate(size, at::kFloat, "resample").zero_();
  for (const auto& [id, box] : boxes_of(label)) {
    const double share_outside = outside && *outside == static_cast<double>(id) ? 1 : 0;
    Box taken, seen = output;
    bool at_border = false;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      at_border = at_border || box.low[axis] == 0 || box.high[axis] == input.high[axis];
      // With the voxels around, where the share falls to nothing.
      taken.low[axis] = std::max<std::int64_t>(0, box.low[axis] - 1);
      taken.high[axis] = std::min(input.high[axis], box.high[axis] + 1);
    }
    // What is repeated beyond the border, or fills the outside, may be seen from everywhere.
    if (share_outside > 0)
      taken = input;
    else if (outside || !at_border)
      seen = seen_from(taken, from, to, output.high);
    else
      taken = input;
    if (seen.low[0] >= seen.high[0] || seen.low[1] >= seen.high[1] || seen.low[2] >= seen.high[2]) continue;
    at::Tensor best_there = part_of(best, seen), result_there = part_of(result, seen);
    const at::Tensor share =
        resample_to(part_of(label, taken).eq(id).to(at::kByte), grid_of(from, taken), grid_of(to, seen), best_there.sizes(),
                    Interpolation::linear, outside ? std::optional<double>(share_outside) : std::nullopt);
    result_there.masked_fill_(share.gt(best_there), id);
    best_there.copy_(at::maximum(best_there, share));
  }
  return result;
}

}  // namespace plexus
