#include <plexus/data/raster/resize.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <ATen/ATen.h>

namespace plexus::raster {
namespace {

constexpr int kFraction = 22;

// Along the last axis of [lines, n_in].
at::Tensor resized_lines(const at::Tensor& lines, std::int64_t n_out) {
  const std::int64_t n_in = lines.size(1);
  if (n_in == n_out) return lines;
  const at::Tensor from = lines.contiguous(), to = at::empty({lines.size(0), n_out}, at::kByte);
  const double scale = static_cast<double>(n_in) / static_cast<double>(n_out), support = std::max(scale, 1.0);
  std::vector<std::int64_t> weights;
  for (std::int64_t o = 0; o < n_out; ++o) {
    const double centre = (static_cast<double>(o) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(static_cast<std::int64_t>(centre - support + 0.5), 0);
    const auto last = std::min(static_cast<std::int64_t>(centre + support + 0.5), n_in);
    std::vector<double> shares;
    double total = 0;
    for (auto j = first; j < last; ++j) {
      shares.push_back(std::max(0.0, 1 - std::abs((static_cast<double>(j) - centre + 0.5) / support)));
      total += shares.back();
    }
    weights.clear();
    for (const double share : shares)
      weights.push_back(static_cast<std::int64_t>(std::floor(share / total * (1 << kFraction) + 0.5)));
    for (std::int64_t line = 0; line < from.size(0); ++line) {
      const auto* pixels = from.const_data_ptr<std::uint8_t>() + line * n_in + first;
      std::int64_t sum = std::int64_t{1} << (kFraction - 1);
      for (std::size_t k = 0; k < weights.size(); ++k) sum += weights[k] * pixels[k];
      to.mutable_data_ptr<std::uint8_t>()[line * n_out + o] =
          static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> kFraction, 0, 255));
    }
  }
  return to;
}

}  // namespace

at::Tensor resize_8_bit(const at::Tensor& picture, std::int64_t height, std::int64_t width) {
  if (picture.scalar_type() != at::kByte || picture.dim() < 2 || picture.numel() == 0 || height < 1 || width < 1)
    throw std::invalid_argument("resize_8_bit takes uint8 pictures that are not empty");
  auto sizes = picture.sizes().vec();
  const auto rows = resized_lines(picture.reshape({-1, sizes.back()}), width);
  const auto columns = rows.reshape({-1, sizes[sizes.size() - 2], width}).transpose(1, 2);
  const auto planes = columns.size(0);
  const auto done =
      resized_lines(columns.reshape({planes * width, -1}), height).reshape({planes, width, height}).transpose(1, 2);
  sizes[sizes.size() - 2] = height;
  sizes.back() = width;
  return done.reshape(sizes).contiguous();
}

}  // namespace plexus::raster
