#include <plexus/data/resample.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/elements.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/resample_bspline.hpp>
#include <plexus/data/resample_oblique.hpp>
#include <plexus/data/resample_separable.hpp>

namespace plexus {
namespace {

constexpr double parallel_tolerance = 1e-3;  // voxels, over the whole grid: what float32 headers lose
constexpr std::int64_t most_voxels = std::int64_t{1} << 32;

// Two grids whose axes are parallel: output axis a (0: x) runs along input axis `axes[a]`, at offset + step * index.
struct Parallel {
  std::array<std::int64_t, 3> axes{};
  std::array<double, 3> offset{}, step{};
  bool whole = true;  // steps of one voxel, forwards or backwards, from voxel to voxel
};

std::optional<Parallel> parallel(const IndexMap& map, const std::array<std::int64_t, 3>& size) {
  Parallel found;
  std::array<bool, 3> taken{};
  for (std::size_t row = 0; row < 3; ++row) {  // of input axes
    std::size_t main = 0;
    for (std::size_t column = 1; column < 3; ++column)
      if (std::abs(map.matrix[3 * row + column]) > std::abs(map.matrix[3 * row + main])) main = column;
    double drift = 0;
    for (std::size_t column = 0; column < 3; ++column)
      if (column != main) drift += std::abs(map.matrix[3 * row + column]) * static_cast<double>(size[column] - 1);
    if (drift > parallel_tolerance || taken[main]) return std::nullopt;
    taken[main] = true;
    found.axes[main] = static_cast<std::int64_t>(row);
    double step = map.matrix[3 * row + main], offset = map.offset[row];
    const double length = static_cast<double>(size[main]);
    if (std::abs(step - std::round(step)) * length < parallel_tolerance) step = std::round(step);
    if (std::abs(offset - std::round(offset)) < parallel_tolerance) offset = std::round(offset);
    found.whole = found.whole && std::abs(step) == 1 && offset == std::round(offset);
    found.step[main] = step;
    found.offset[main] = offset;
  }
  return found;
}

// The input's axes z, y, x in the order of the output's.
at::Tensor in_order(const at::Tensor& volumes, const Parallel& how) {
  return volumes.permute({0, 3 - how.axes[2], 3 - how.axes[1], 3 - how.axes[0]});
}

at::Tensor copied(const at::Tensor& volumes, const Parallel& how, at::IntArrayRef size, double outside) {
  at::Tensor moved = in_order(volumes, how);
  std::vector<std::int64_t> turned, pads;  // pads: x first, in front and behind
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto dim = static_cast<std::int64_t>(3 - axis), have = moved.size(dim);
    auto start = static_cast<std::int64_t>(how.offset[axis]);
    if (how.step[axis] < 0) {
      turned.push_back(dim);
      start = have - 1 - start;
    }
    pads.push_back(-start);
    pads.push_back(start + size[2 - axis] - have);
  }
  // Cut first: flipping copies.
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto dim = static_cast<std::int64_t>(3 - axis);
    const bool flips = std::find(turned.begin(), turned.end(), dim) != turned.end();
    auto &front = pads[2 * axis], &behind = pads[2 * axis + 1];
    const std::int64_t cut_low = std::max<std::int64_t>(0, -(flips ? behind : front)),
                       cut_high = std::max<std::int64_t>(0, -(flips ? front : behind));
    if (cut_low + cut_high >= moved.size(dim))
      return at::full({volumes.size(0), size[0], size[1], size[2]}, outside, volumes.options());
    moved = moved.narrow(dim, cut_low, moved.size(dim) - cut_low - cut_high);
    front = std::max<std::int64_t>(0, front);
    behind = std::max<std::int64_t>(0, behind);
  }
  if (!turned.empty()) moved = moved.flip(turned);
  if (std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad > 0; }))
    moved = at::constant_pad_nd(moved, pads, outside);
  return moved.contiguous();
}

template <class T>
Block<const T> block_of(const at::Tensor& volume) {
  return {static_cast<const T*>(volume.const_data_ptr()), volume.size(0), volume.size(1), volume.size(2)};
}
template <class T>
Block<T> target_of(at::Tensor& volume) {
  return {static_cast<T*>(volume.mutable_data_ptr()), volume.size(0), volume.size(1), volume.size(2)};
}

// Copying moves bits, whatever they mean: calls `work` with an unsigned integer of the element's size.
template <class Work>
void as_bits(const at::Tensor& volume, Work&& work) {
  switch (volume.element_size()) {
    case 1:
      return work(std::uint8_t{});
    case 2:
      return work(std::uint16_t{});
    case 4:
      return work(std::uint32_t{});
    case 8:
      return work(std::uint64_t{});
    default:
      throw std::invalid_argument("resample_to: elements of more than 8 bytes");
  }
}
template <class T>
std::optional<T> bits_of(std::optional<double> value, const at::Tensor& like) {
  if (!value) return std::nullopt;
  const at::Tensor one = at::full({1}, *value, like.options());
  T bits;
  std::memcpy(&bits, one.const_data_ptr(), sizeof bits);
  return bits;
}

std::array<Taps, 3> taps_of(const Parallel& how, const at::Tensor& input, at::IntArrayRef size, Interpolation interpolation) {
  std::array<Taps, 3> taps;
  for (std::size_t axis = 0; axis < 3; ++axis)
    taps[axis] = make_taps(how.offset[axis], how.step[axis], input.size(3 - static_cast<std::int64_t>(axis)), size[2 - axis],
                           interpolation);
  return taps;
}

void pick(const at::Tensor& input, at::Tensor output, const IndexMap& map, const Taps* taps, std::optional<double> outside) {
  as_bits(input, [&](auto element) {
    using T = decltype(element);
    const auto fill = bits_of<T>(outside, input);
    if (taps != nullptr)
      resample_picked<T>(block_of<T>(input), target_of<T>(output), taps[0], taps[1], taps[2], fill);
    else
      pick_oblique<T>(block_of<T>(input), target_of<T>(output), map, fill);
  });
}

void weigh(const at::Tensor& input, at::Tensor output, const Taps* taps, std::optional<double> outside) {
  const auto run = [&](auto element) {
    using T = decltype(element);
    resample_weighted<T>(block_of<T>(input), target_of<float>(output), taps[0], taps[1], taps[2], outside);
  };
  switch (input.scalar_type()) {
    case at::kByte:
      return run(std::uint8_t{});
    case at::kShort:
      return run(std::int16_t{});
    case at::kInt:
      return run(std::int32_t{});
    default:
      return run(float{});
  }
}

// What resample_weighted reads as it is.
bool plain_type(at::ScalarType type) {
  return type == at::kByte || type == at::kShort || type == at::kInt || type == at::kFloat;
}

}  // namespace

Interpolation interpolation_of(const std::string& name) {
  if (name == "nearest") return Interpolation::nearest;
  if (name == "linear") return Interpolation::linear;
  if (name == "bspline") return Interpolation::bspline;
  throw std::invalid_argument("no interpolation " + name);
}

at::Tensor resample_to(const at::Tensor& field, const Geometry& from, const Geometry& to, at::IntArrayRef size,
                       Interpolation interpolation, std::optional<double> outside) {
  if (field.dim() != 3 && field.dim() != 4) throw std::invalid_argument("resample_to: a field has 3 or 4 axes");
  if (size.size() != 3) throw std::invalid_argument("resample_to: sizes are D, H, W");
  double voxels = static_cast<double>(field.dim() == 4 ? field.size(0) : 1);
  for (const auto one : size) voxels *= static_cast<double>(one);
  for (const auto one : size)
    if (one < 1 || one > std::numeric_limits<std::int32_t>::max() || voxels > static_cast<double>(most_voxels))
      throw Error(ErrorKind::data, fmt::format("a grid of {} x {} x {} voxels is out of reason", size[2], size[1], size[0]),
                  "resample", "check the spacing of the file and the one that is asked for");
  const at::Tensor volumes = field.dim() == 4 ? field : field.unsqueeze(0);
  if (volumes.numel() == 0) throw Error(ErrorKind::data, "a field without voxels cannot be resampled", "resample");

  const IndexMap map = index_map(to, from);
  const auto how = parallel(map, {size[2], size[1], size[0]});
  const bool picks = interpolation == Interpolation::nearest;
  const auto type = picks ? volumes.scalar_type() : at::kFloat;
  const auto shaped = [&](const at::Tensor& result) { return field.dim() == 4 ? result : result.squeeze(0); };
  if (how && how->whole && outside) {
    const at::Tensor result = copied(volumes, *how, size, *outside).to(type);
    return shaped(result.is_alias_of(volumes) ? result.clone() : result);
  }

  at::Tensor input = how ? in_order(volumes, *how) : volumes;
  at::Tensor result = allocate({volumes.size(0), size[0], size[1], size[2]}, type, "resample");
  std::array<Taps, 3> taps;
  if (how) taps = taps_of(*how, input, size, interpolation);
  for (std::int64_t channel = 0; channel < input.size(0); ++channel) {
    at::Tensor volume = input[channel].contiguous();
    at::Tensor target = result[channel];
    if (picks) {
      pick(volume, target, map, how ? taps.data() : nullptr, outside);
      continue;
    }
    if (interpolation == Interpolation::bspline) {
      volume = volume.to(at::kFloat, false, true);
      bspline_coefficients(volume.mutable_data_ptr<float>(), volume.size(0), volume.size(1), volume.size(2));
    } else if (!how || !plain_type(volume.scalar_type())) {
      volume = volume.to(at::kFloat);
    }
    if (how)
      weigh(volume, target, taps.data(), outside);
    else
      resample_oblique(block_of<float>(volume), target_of<float>(target), map, interpolation, outside);
  }
  return shaped(result);
}

}  // namespace plexus
