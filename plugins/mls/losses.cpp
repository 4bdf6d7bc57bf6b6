#include "losses.hpp"

#include <stdexcept>

#include <torch/torch.h>

#include "flow.hpp"

namespace plexus::mls {

at::Tensor similarity(const at::Tensor& slice, const at::Tensor& warped, const at::Tensor& mask) {
  return (mask * (slice - warped).square()).mean({1, 2, 3});
}

at::Tensor roughness(const at::Tensor& field) {
  return (field.diff(1, 3).square().mean({1, 2, 3}) + field.diff(1, 2).square().mean({1, 2, 3})) / 2;
}

LandmarkSampling landmark_sampling(const std::string& name) {
  if (name == "published") return LandmarkSampling::published;
  if (name == "exact") return LandmarkSampling::exact;
  throw std::invalid_argument("no landmark sampling '" + name + "'");
}

at::Tensor landmark_error(const at::Tensor& field, const at::Tensor& landmarks, LandmarkSampling sampling) {
  const auto points = landmarks.to(field.scalar_type());
  const bool exact = sampling == LandmarkSampling::exact;
  const auto last = exact ? at::tensor({field.size(3) - 1, field.size(2) - 1}, points.options()) : at::full({2}, 255, points.options());
  const auto grid = (2 * points.slice(1, 0, 3) / last - 1).unsqueeze(2);  // [B, 3, 1, 2]
  const auto found = at::grid_sampler(field, grid, /*bilinear*/ 0, /*zeros*/ 0, exact).squeeze(3);  // [B, 2, 3]
  const auto home = (points.select(1, 3) - points.select(1, 2)).flip(1);                           // row, column
  const auto wanted = at::stack({at::zeros_like(home), at::zeros_like(home), home}, 2);
  const auto error = (found - wanted).abs();
  return at::where(error > 3, error, (error.square() + 9) / 6).mean({1, 2});
}

at::Tensor excess(const at::Tensor& field, const at::Tensor& shift, bool per_sample) {
  // As published: the first sample's field stands for all.
  const auto length = magnitude(per_sample ? field : field.slice(0, 0, 1));
  return at::relu(length - shift.to(field.scalar_type()).view({-1, 1, 1})).mean({1, 2});
}

}  // namespace plexus::mls
