#include <plexus/data/spatial_augment.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include <plexus/data/resample_bspline.hpp>
#include <plexus/data/resample_taps.hpp>

namespace plexus {
namespace {

// Sums weights by class and names the highest class that has at least half.
class Votes {
 public:
  void add(std::int64_t value, double weight) {
    for (int i = 0; i < count_; ++i) {
      if (values_[static_cast<std::size_t>(i)] != value) continue;
      weights_[static_cast<std::size_t>(i)] += weight;
      return;
    }
    values_[static_cast<std::size_t>(count_)] = value;
    weights_[static_cast<std::size_t>(count_++)] = weight;
  }
  std::int64_t winner() const {
    std::int64_t best = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i)
      if (weights_[i] >= 0.5 && values_[i] > best) best = values_[i];
    return best;
  }

 private:
  std::array<std::int64_t, 8> values_{};
  std::array<double, 8> weights_{};
  int count_ = 0;
};

// The two voxels around a place of an axis, and how much of the second.
struct Pair {
  std::int64_t first = 0, second = 0;
  double part = 0;
  bool inside = false;
};
Pair pair_at(double place, std::int64_t size) {
  Pair pair;
  pair.inside = place >= 0 && place <= static_cast<double>(size - 1);
  if (!pair.inside) return pair;
  pair.first = static_cast<std::int64_t>(std::floor(place));
  pair.second = std::min(pair.first + 1, size - 1);
  pair.part = place - static_cast<double>(pair.first);
  return pair;
}

// Where four mirrored taps of a cubic spline lie and what they weigh.
struct CubicTaps {
  std::array<std::int64_t, 4> at{};
  std::array<double, 4> weight{};
};
CubicTaps cubic_taps(double place, std::int64_t size) {
  CubicTaps taps;
  const auto first = static_cast<std::int64_t>(std::floor(place));
  cubic_weights(place - static_cast<double>(first), taps.weight.data());
  for (std::int64_t t = 0; t < 4; ++t) taps.at[static_cast<std::size_t>(t)] = mirrored(first - 1 + t, size);
  return taps;
}

at::Tensor coefficients(const at::Tensor& image, bool along_depth) {
  at::Tensor values = image.to(at::kFloat).clone(at::MemoryFormat::Contiguous);
  const std::int64_t height = values.size(-2), width = values.size(-1), depth = values.numel() / (height * width);
  auto* data = values.mutable_data_ptr<float>();
  if (along_depth) {
    bspline_coefficients(data, depth, height, width);
  } else {
    for (std::int64_t z = 0; z < depth; ++z) bspline_coefficients(data + z * height * width, 1, height, width);
  }
  return values;
}

template <class Set>
void each_turned_place(std::int64_t height, std::int64_t width, double radians, Set&& set) {
  const double cosine = std::cos(radians), sine = std::sin(radians);
  const double middle_y = static_cast<double>(height - 1) / 2, middle_x = static_cast<double>(width - 1) / 2;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const double dy = static_cast<double>(y) - middle_y, dx = static_cast<double>(x) - middle_x;
      set(y * width + x, dy * cosine + dx * sine + middle_y, -dy * sine + dx * cosine + middle_x);
    }
}

at::Tensor turned_label(const at::Tensor& label, double radians) {
  const at::Tensor from = label.to(at::kLong).contiguous(), to = at::zeros_like(from);
  const std::int64_t height = from.size(-2), width = from.size(-1), plane = height * width, depth = from.numel() / plane;
  const auto* source = from.const_data_ptr<std::int64_t>();
  auto* target = to.mutable_data_ptr<std::int64_t>();
  each_turned_place(height, width, radians, [&](std::int64_t index, double py, double px) {
    const Pair y = pair_at(py, height), x = pair_at(px, width);
    if (!y.inside || !x.inside) return;
    for (std::int64_t z = 0; z < depth; ++z) {
      const auto* of = source + z * plane;
      Votes votes;
      votes.add(of[y.first * width + x.first], (1 - y.part) * (1 - x.part));
      votes.add(of[y.first * width + x.second], (1 - y.part) * x.part);
      votes.add(of[y.second * width + x.first], y.part * (1 - x.part));
      votes.add(of[y.second * width + x.second], y.part * x.part);
      target[z * plane + index] = votes.winner();
    }
  });
  return to.to(label.scalar_type());
}

double zoomed_place(std::int64_t index, std::int64_t size, double factor) {
  const double middle = static_cast<double>(size - 1) / 2;
  return (static_cast<double>(index) - middle) * factor + middle;
}

at::Tensor zoomed_label(const at::Tensor& label, double factor) {
  const bool flat = label.dim() == 2;
  const at::Tensor from = (flat ? label.unsqueeze(0) : label).to(at::kLong).contiguous(), to = at::zeros_like(from);
  std::array<std::vector<Pair>, 3> pairs;
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (std::int64_t i = 0; i < from.size(static_cast<std::int64_t>(axis)); ++i) {
      const auto size = from.size(static_cast<std::int64_t>(axis));
      pairs[axis].push_back(pair_at(zoomed_place(i, size, factor), size));
    }
  const std::int64_t width = from.size(2), plane = from.size(1) * width;
  const auto* source = from.const_data_ptr<std::int64_t>();
  auto* target = to.mutable_data_ptr<std::int64_t>();
  for (const Pair& z : pairs[0])
    for (const Pair& y : pairs[1])
      for (const Pair& x : pairs[2]) {
        auto& voxel = *target++;
        if (!z.inside || !y.inside || !x.inside) continue;
        Votes votes;
        for (int corner = 0; corner < 8; ++corner) {
          const bool above = corner & 4, right = corner & 2, deep = corner & 1;
          const double weight = (deep ? z.part : 1 - z.part) * (above ? y.part : 1 - y.part) * (right ? x.part : 1 - x.part);
          if (weight == 0) continue;
          votes.add(
              source[(deep ? z.second : z.first) * plane + (above ? y.second : y.first) * width + (right ? x.second : x.first)],
              weight);
        }
        voxel = votes.winner();
      }
  return (flat ? to.squeeze(0) : to).to(label.scalar_type());
}

}  // namespace

Augmentable turned_planes(const Augmentable& sample, double radians) {
  const at::Tensor spline = coefficients(sample.image, false), image = at::zeros_like(spline);
  const std::int64_t height = image.size(-2), width = image.size(-1), plane = height * width, depth = image.numel() / plane;
  const auto* source = spline.const_data_ptr<float>();
  auto* target = image.mutable_data_ptr<float>();
  each_turned_place(height, width, radians, [&](std::int64_t index, double py, double px) {
    if (!pair_at(py, height).inside || !pair_at(px, width).inside) return;
    const CubicTaps y = cubic_taps(py, height), x = cubic_taps(px, width);
    for (std::int64_t z = 0; z < depth; ++z) {
      double sum = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const auto* row = source + z * plane + y.at[i] * width;
        double along = 0;
        for (std::size_t k = 0; k < 4; ++k) along += x.weight[k] * static_cast<double>(row[x.at[k]]);
        sum += y.weight[i] * along;
      }
      target[z * plane + index] = static_cast<float>(sum);
    }
  });
  return {image, sample.label.defined() ? turned_label(sample.label, radians) : sample.label};
}

Augmentable zoomed(const Augmentable& sample, double factor) {
  if (factor == 1) return sample;
  at::Tensor image = coefficients(sample.image, true);
  for (std::int64_t axis = 0; axis < image.dim(); ++axis) {
    const std::int64_t size = image.size(axis);
    const at::Tensor matrix = at::zeros({size, size}, at::kFloat);
    auto weights = matrix.accessor<float, 2>();
    for (std::int64_t o = 0; o < size; ++o) {
      const double place = zoomed_place(o, size, factor);
      if (!pair_at(place, size).inside) continue;
      const CubicTaps taps = cubic_taps(place, size);
      for (std::size_t t = 0; t < 4; ++t) weights[o][taps.at[t]] += static_cast<float>(taps.weight[t]);
    }
    image = at::matmul(image.transpose(axis, -1), matrix.t()).transpose(axis, -1);
  }
  return {image.contiguous(), sample.label.defined() ? zoomed_label(sample.label, factor) : sample.label};
}

at::Tensor turned_with_border(const at::Tensor& image, double radians) {
  const at::Tensor from = image.to(at::kFloat).contiguous(), to = at::empty_like(from);
  const std::int64_t height = from.size(-2), width = from.size(-1), plane = height * width;
  if (plane == 0) return to;
  const std::int64_t depth = from.numel() / plane;
  const auto* source = from.const_data_ptr<float>();
  auto* target = to.mutable_data_ptr<float>();
  each_turned_place(height, width, -radians, [&](std::int64_t index, double py, double px) {
    const Pair y = pair_at(std::clamp(py, 0.0, static_cast<double>(height - 1)), height);
    const Pair x = pair_at(std::clamp(px, 0.0, static_cast<double>(width - 1)), width);
    for (std::int64_t z = 0; z < depth; ++z) {
      const auto *upper = source + z * plane + y.first * width, *lower = source + z * plane + y.second * width;
      const double above = (1 - x.part) * static_cast<double>(upper[x.first]) + x.part * static_cast<double>(upper[x.second]);
      const double below = (1 - x.part) * static_cast<double>(lower[x.first]) + x.part * static_cast<double>(lower[x.second]);
      target[z * plane + index] = static_cast<float>((1 - y.part) * above + y.part * below);
    }
  });
  return to;
}

}  // namespace plexus
