#include "flow.hpp"

#include <cmath>
#include <stdexcept>

#include <torch/torch.h>

namespace plexus::mls {
namespace {

// GridSampler's numbers of its modes.
std::int64_t interpolation_number(const std::string& mode) {
  if (mode == "bilinear") return 0;
  if (mode == "nearest") return 1;
  throw std::invalid_argument("warp: no mode '" + mode + "'");
}

constexpr std::int64_t zero_padding = 0;

// -1 … 1 from the middle of the first pixel to that of the last.
at::Tensor normalised(const at::Tensor& place, std::int64_t size) {
  return 2 * (place / static_cast<double>(size - 1) - 0.5);
}

// Differences along `axis`: (next - previous) / 2, at both ends the one step there is.
at::Tensor slope(const at::Tensor& x, std::int64_t axis) {
  const auto n = x.size(axis);
  const auto inner = (x.narrow(axis, 2, n - 2) - x.narrow(axis, 0, n - 2)) / 2;
  const auto first = x.narrow(axis, 1, 1) - x.narrow(axis, 0, 1), last = x.narrow(axis, n - 1, 1) - x.narrow(axis, n - 2, 1);
  return at::cat({first, inner, last}, axis);
}

}  // namespace

at::Tensor warp(const at::Tensor& src, const at::Tensor& flow, const std::string& mode) {
  const auto height = src.size(2), width = src.size(3);
  const auto rows = at::arange(height, flow.options()).view({height, 1}), columns = at::arange(width, flow.options());
  const auto y = normalised(rows + flow.select(1, 0), height), x = normalised(columns + flow.select(1, 1), width);
  return at::grid_sampler(src, at::stack({x, y}, -1), interpolation_number(mode), zero_padding, /*align_corners=*/true);
}

at::Tensor integrate(const at::Tensor& velocity, std::int64_t steps) {
  auto field = velocity / std::pow(2.0, static_cast<double>(steps));
  for (std::int64_t i = 0; i < steps; ++i) field = field + warp(field, field);
  return field;
}

at::Tensor magnitude(const at::Tensor& field, double row_step, double column_step) {
  if (row_step == 1 && column_step == 1) return at::linalg_vector_norm(field, 2, {1});
  const auto steps = at::tensor({row_step, column_step}, field.options()).view({1, 2, 1, 1});
  return at::linalg_vector_norm(field * steps, 2, {1});
}

at::Tensor jacobian(const at::Tensor& field) {
  const auto row = field.select(1, 0), column = field.select(1, 1);
  const auto row_along_rows = slope(row, 1) + 1, column_along_columns = slope(column, 2) + 1;
  return row_along_rows * column_along_columns - slope(row, 2) * slope(column, 1);
}

}  // namespace plexus::mls
