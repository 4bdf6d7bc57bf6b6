#include "midline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <torch/torch.h>

namespace plexus::mls {
namespace {

constexpr double wanted_width = 512;

// Signed distance (pixels) of places [2, H, W] (rows, columns) from a line.
at::Tensor distance(const at::Tensor& places, const Line& line) {
  return (places[0] - line.row0) * line.normal_row + (places[1] - line.column0) * line.normal_column;
}

at::Tensor enlarged_map(const at::Tensor& map, at::IntArrayRef size) {
  return at::upsample_bilinear2d(map.view({1, 1, map.size(0), map.size(1)}), size, false)[0][0];
}

// Pixels about which a map changes its sign along the columns, two wide.
at::Tensor crossing(const at::Tensor& map) {
  const auto positive = map > 0;
  const auto changes = positive.slice(1, 1).ne(positive.slice(1, 0, -1));
  auto line = at::zeros(map.sizes(), at::kBool);
  line.slice(1, 1).logical_or_(changes);
  line.slice(1, 0, -1).logical_or_(changes);
  return line;
}

void paint(at::Tensor& rgb, const at::Tensor& where, std::array<int, 3> colour) {
  rgb.masked_scatter_(where.unsqueeze(2).expand_as(rgb),
                      at::tensor({colour[0], colour[1], colour[2]}, at::kByte).expand_as(rgb).masked_select(where.unsqueeze(2).expand_as(rgb)));
}

}  // namespace

Line ideal_midline(const at::Tensor& head, const PixelSize& size) {
  const double row_step = size.known() ? size.row : 1, column_step = size.known() ? size.column : 1;
  const auto places = head[0].nonzero().to(at::kDouble);
  if (places.size(0) < 2) return {0, static_cast<double>(head.size(2) - 1) / 2, 0, 1};
  const auto middle = places.mean(0);
  const auto centred = (places - middle) * at::tensor({row_step, column_step}, at::kDouble);
  const auto moments = centred.t().mm(centred);
  const double rr = moments[0][0].item<double>(), rc = moments[0][1].item<double>(), cc = moments[1][1].item<double>();
  // The axis of the larger moment lies at this angle to the rows' direction; of the two, the one closer to it is taken.
  double angle = 0.5 * std::atan2(2 * rc, rr - cc);
  if (angle > std::numbers::pi / 4) angle -= std::numbers::pi / 2;
  if (angle < -std::numbers::pi / 4) angle += std::numbers::pi / 2;
  // Normal of the direction (cos, sin) in mm, then in pixels.
  double normal_row = -std::sin(angle) * row_step, normal_column = std::cos(angle) * column_step;
  const double length = std::hypot(normal_row, normal_column);
  normal_row /= length, normal_column /= length;
  return {middle[0].item<double>(), middle[1].item<double>(), normal_row, normal_column};
}

at::Tensor midline_picture(const at::Tensor& slice, const at::Tensor& head, const at::Tensor& field, std::int64_t place,
                           const PixelSize& size) {
  const auto height = slice.size(1), width = slice.size(2);
  const double scale = std::max(1.0, std::round(wanted_width / static_cast<double>(width)));
  const double aspect = size.known() ? std::clamp(size.row / size.column, 0.2, 5.0) : 1;
  const std::array<std::int64_t, 2> to{std::lround(static_cast<double>(height) * scale * aspect),
                                       std::lround(static_cast<double>(width) * scale)};
  const double row_scale = static_cast<double>(to[0]) / static_cast<double>(height), column_scale = scale;

  const auto grey = ((slice[0].to(at::kCPU, at::kFloat) + 1) * 127.5).round().clamp(0, 255);
  auto rgb = enlarged_map(grey, to).round().to(at::kByte).unsqueeze(2).repeat({1, 1, 3});
  const auto inside = enlarged_map(head[0].to(at::kCPU, at::kFloat), to) > 0.5;

  const auto line = ideal_midline(head.to(at::kCPU), size);
  const auto grid = at::stack(at::meshgrid({at::arange(height, at::kFloat), at::arange(width, at::kFloat)}, "ij"));
  const auto moved = field.to(at::kCPU, at::kFloat);
  paint(rgb, crossing(enlarged_map(distance(grid, line), to)).logical_and(inside), {40, 210, 90});
  paint(rgb, crossing(enlarged_map(distance(grid + moved, line), to)).logical_and(inside), {240, 60, 50});

  const auto row = place / width, column = place % width;
  const double row_end = static_cast<double>(row) + moved[0][row][column].item<double>(),
               column_end = static_cast<double>(column) + moved[1][row][column].item<double>();
  constexpr int dots = 400;
  auto way = at::zeros({to[0], to[1]}, at::kBool);
  for (int i = 0; i <= dots; ++i) {
    const double part = static_cast<double>(i) / dots;
    const auto y = std::lround((static_cast<double>(row) + part * (row_end - static_cast<double>(row)) + 0.5) * row_scale - 0.5);
    const auto x = std::lround((static_cast<double>(column) + part * (column_end - static_cast<double>(column)) + 0.5) * column_scale - 0.5);
    if (y >= 0 && y + 1 < to[0] && x >= 0 && x < to[1]) way.slice(0, y, y + 2).select(1, x).fill_(true);
  }
  paint(rgb, way, {250, 220, 60});
  return rgb;
}

}  // namespace plexus::mls
