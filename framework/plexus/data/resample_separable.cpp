#include <plexus/data/resample_separable.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace plexus {
namespace {

// out[i] = sum of weights[t] * rows[t][i], of two or four rows
void blend(float* out, const std::array<const float*, 4>& rows, const std::array<float, 4>& weights, int count,
           std::int64_t n) {
  const auto [a, b, c, d] = rows;
  const auto [p, q, r, s] = weights;
  if (count == 2) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = p * a[i] + q * b[i];
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = (p * a[i] + q * b[i]) + (r * c[i] + s * d[i]);
  }
}

// The row's weighted sums. `row` has room for what the taps ask beyond its ends.
void gather(float* __restrict out, const float* __restrict row, const Taps& taps) {
  const auto n = static_cast<std::int64_t>(taps.base.size());
  const std::int32_t* __restrict base = taps.base.data();
  const float* __restrict w = taps.weight.data();
  if (taps.unit_step) {
    const float* from = row + base[0] + taps.first;
    if (taps.count == 1)
      std::copy_n(from, n, out);
    else if (taps.count == 2)
      for (std::int64_t i = 0; i < n; ++i) out[i] = w[i] * from[i] + w[n + i] * from[i + 1];
    else
      for (std::int64_t i = 0; i < n; ++i)
        out[i] = (w[i] * from[i] + w[n + i] * from[i + 1]) + (w[2 * n + i] * from[i + 2] + w[3 * n + i] * from[i + 3]);
  } else if (taps.count == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = row[base[i]];
  } else if (taps.count == 2) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = w[i] * row[base[i]] + w[n + i] * row[base[i] + 1];
  } else {
    for (std::int64_t i = 0; i < n; ++i) {
      const float* from = row + base[i] - 1;
      out[i] = (w[i] * from[0] + w[n + i] * from[1]) + (w[2 * n + i] * from[2] + w[3 * n + i] * from[3]);
    }
  }
}

// The lines (rows of a plane, planes of a volume) that the last outputs took. Those of one output are at most `count`
// neighbours, so each has a slot of its own.
class Recent {
 public:
  Recent(int count, std::int64_t size) : count_(count), size_(size), values_(static_cast<std::size_t>(count * size)) {
    forget();
  }
  void forget() { held_.fill(-1); }
  template <class Make>
  const float* get(std::int64_t line, Make&& make) {
    const auto slot = static_cast<std::size_t>(line % count_);
    float* place = values_.data() + static_cast<std::int64_t>(slot) * size_;
    if (held_[slot] != line) make(place);
    held_[slot] = line;
    return place;
  }

 private:
  std::int64_t count_, size_;
  std::vector<float> values_;
  std::array<std::int64_t, 4> held_{};
};

// What is outside of an output whose inside is [begin, end) of each axis.
template <class T>
void fill_outside(const Block<T>& output, const Taps& x, const Taps& y, const Taps& z, T value) {
  const std::int64_t plane = output.height * output.width;
  for (std::int64_t k = 0; k < output.depth; ++k) {
    T* values = output.values + k * plane;
    if (k < z.begin || k >= z.end) {
      std::fill_n(values, plane, value);
      continue;
    }
    for (std::int64_t j = 0; j < output.height; ++j, values += output.width) {
      if (j < y.begin || j >= y.end) {
        std::fill_n(values, output.width, value);
      } else {
        std::fill_n(values, x.begin, value);
        std::fill(values + x.end, values + output.width, value);
      }
    }
  }
}

struct Range {
  std::int64_t begin, end;
};
Range wanted(const Taps& taps, bool all) {
  return all ? Range{0, static_cast<std::int64_t>(taps.base.size())} : Range{taps.begin, taps.end};
}

// The weights of one output, and the lines they belong to.
struct Lines {
  std::array<std::int64_t, 4> line{};
  std::array<float, 4> weight{};
};
Lines lines_of(const Taps& taps, std::int64_t output, std::int64_t size) {
  Lines lines;
  for (int t = 0; t < taps.count; ++t) {
    const auto k = static_cast<std::size_t>(t);
    lines.line[k] = mirrored(taps.base[static_cast<std::size_t>(output)] + taps.first + t, size);
    lines.weight[k] = taps.weight[k * taps.base.size() + static_cast<std::size_t>(output)];
  }
  return lines;
}

}  // namespace

template <class T>
void resample_weighted(const Block<const T>& input, const Block<float>& output, const Taps& x, const Taps& y, const Taps& z,
                       std::optional<double> outside) {
  const std::int64_t plane = output.height * output.width;
  constexpr std::int64_t room = 2;  // before and behind a row
  std::vector<float> row(static_cast<std::size_t>(input.width + 2 * room));
  Recent rows(y.count, y.count > 1 ? output.width : 0), planes(z.count, z.count > 1 ? plane : 0);
  const Range depth = wanted(z, !outside), height = wanted(y, !outside);

  const auto make_row = [&](float* place, std::int64_t k, std::int64_t j) {
    const T* from = input.values + (k * input.height + j) * input.width;
    float* middle = row.data() + room;
    for (std::int64_t i = 0; i < input.width; ++i) middle[i] = static_cast<float>(from[i]);
    for (std::int64_t beyond = 1; beyond <= room; ++beyond) {
      middle[-beyond] = middle[mirrored(-beyond, input.width)];
      middle[input.width - 1 + beyond] = middle[mirrored(input.width - 1 + beyond, input.width)];
    }
    gather(place, middle, x);
  };
  const auto make_plane = [&](float* place, std::int64_t k) {
    rows.forget();
    for (std::int64_t o = height.begin; o < height.end; ++o) {
      const Lines lines = lines_of(y, o, input.height);
      if (y.count == 1) {
        make_row(place + o * output.width, k, lines.line[0]);
        continue;
      }
      std::array<const float*, 4> taken{};
      for (std::size_t t = 0; t < static_cast<std::size_t>(y.count); ++t)
        taken[t] = rows.get(lines.line[t], [&](float* target) { make_row(target, k, lines.line[t]); });
      blend(place + o * output.width, taken, lines.weight, y.count, output.width);
    }
  };
  std::int64_t before = -1;  // the input plane of the output plane before
  for (std::int64_t o = depth.begin; o < depth.end; ++o) {
    float* target = output.values + o * plane;
    const Lines lines = lines_of(z, o, input.depth);
    if (z.count == 1) {
      if (lines.line[0] == before)
        std::copy_n(target - plane, plane, target);
      else
        make_plane(target, lines.line[0]);
      before = lines.line[0];
      continue;
    }
    std::array<const float*, 4> taken{};
    for (std::size_t t = 0; t < static_cast<std::size_t>(z.count); ++t)
      taken[t] = planes.get(lines.line[t], [&](float* place) { make_plane(place, lines.line[t]); });
    blend(target, taken, lines.weight, z.count, plane);
  }
  if (outside) fill_outside(output, x, y, z, static_cast<float>(*outside));
}

template <class T>
void resample_picked(const Block<const T>& input, const Block<T>& output, const Taps& x, const Taps& y, const Taps& z,
                     std::optional<T> outside) {
  const Range depth = wanted(z, !outside), height = wanted(y, !outside), width = wanted(x, !outside);
  const std::int32_t* __restrict base = x.base.data();
  for (std::int64_t k = depth.begin; k < depth.end; ++k)
    for (std::int64_t j = height.begin; j < height.end; ++j) {
      const auto line = z.base[static_cast<std::size_t>(k)] * input.height + y.base[static_cast<std::size_t>(j)];
      const T* __restrict from = input.values + line * input.width;
      T* __restrict to = output.values + (k * output.height + j) * output.width;
      if (x.unit_step)
        std::copy_n(from + base[0] + width.begin, width.end - width.begin, to + width.begin);
      else
        for (std::int64_t i = width.begin; i < width.end; ++i) to[i] = from[base[i]];
    }
  if (outside) fill_outside(output, x, y, z, *outside);
}

#define PLEXUS_WEIGHTED(T)                                                                                           \
  template void resample_weighted(const Block<const T>&, const Block<float>&, const Taps&, const Taps&, const Taps&, \
                                  std::optional<double>);
PLEXUS_WEIGHTED(std::uint8_t)
PLEXUS_WEIGHTED(std::int16_t)
PLEXUS_WEIGHTED(std::int32_t)
PLEXUS_WEIGHTED(float)
#undef PLEXUS_WEIGHTED
#define PLEXUS_PICKED(T)                                                                                       \
  template void resample_picked(const Block<const T>&, const Block<T>&, const Taps&, const Taps&, const Taps&, \
                                std::optional<T>);
PLEXUS_PICKED(std::uint8_t)
PLEXUS_PICKED(std::uint16_t)
PLEXUS_PICKED(std::uint32_t)
PLEXUS_PICKED(std::uint64_t)
#undef PLEXUS_PICKED

}  // namespace plexus
