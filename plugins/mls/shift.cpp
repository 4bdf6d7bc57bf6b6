#include "shift.hpp"

#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "flow.hpp"

namespace plexus::mls {
namespace {

// Value and place of the percentile of one slice's displacements [H * W] within `mask` [H * W] bool, or undefined.
std::pair<at::Tensor, at::Tensor> pick(const at::Tensor& lengths, const at::Tensor& mask, double percentile) {
  const auto places = mask.defined() && mask.any().item<bool>() ? mask.nonzero().squeeze(1)
                                                                : at::arange(lengths.numel(), lengths.options().dtype(at::kLong));
  const auto values = lengths.index_select(0, places);
  if (percentile >= 100) {
    const auto [value, at] = values.max(0);
    return {value, places.index_select(0, at.view({1}))[0]};
  }
  const auto rank = static_cast<std::int64_t>(std::floor(percentile / 100 * static_cast<double>(values.numel() - 1))) + 1;
  const auto [value, at] = values.kthvalue(rank);
  return {value, places.index_select(0, at.view({1}))[0]};
}

}  // namespace

Shifts largest_shifts(const at::Tensor& field, const at::Tensor& mask, const PixelSize& size, double percentile) {
  const auto rows = field.size(0);
  const auto in_pixels = magnitude(field).flatten(1);
  const auto in_mm = size.known() ? magnitude(field, size.row, size.column).flatten(1) : at::Tensor();
  const auto inside = mask.defined() ? mask.flatten(1).to(at::kBool) : at::Tensor();
  std::vector<at::Tensor> pixels, mm, places;
  for (std::int64_t n = 0; n < rows; ++n) {
    const auto within = inside.defined() ? inside[n] : at::Tensor();
    auto [value, place] = pick(in_pixels[n], within, percentile);
    pixels.push_back(value);
    if (size.known()) {
      std::tie(value, place) = pick(in_mm[n], within, percentile);
      mm.push_back(value);
    }
    places.push_back(place);
  }
  Shifts shifts;
  shifts.pixels = at::stack(pixels).to(at::kCPU, at::kDouble);
  shifts.mm = size.known() ? at::stack(mm).to(at::kCPU, at::kDouble)
                           : at::full({rows}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
  shifts.place = at::stack(places).to(at::kCPU);
  return shifts;
}

}  // namespace plexus::mls
