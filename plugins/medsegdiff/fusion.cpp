#include "fusion.hpp"

#include <ATen/ATen.h>

namespace plexus::medsegdiff {

double soft_dice(const at::Tensor& sample, const at::Tensor& calibration) {
  const auto p = (sample > 0).to(calibration.scalar_type());
  return (2 * (p * calibration).sum() / (p + calibration).sum()).item<double>();
}

at::Tensor mixed_with_calibration(const at::Tensor& sample, const at::Tensor& calibration) {
  if (soft_dice(sample, calibration) < 0.65) return (calibration + 0.25 * sample).clamp(0, 1);
  return (0.5 * calibration + 0.5 * sample).clamp(0, 1);
}

PublishedSolution published_solution(const at::Tensor& answer, const at::Tensor& calibration) {
  const auto v = answer.narrow(1, answer.size(1) - 1, 1);
  const auto standard = (v - v.mean()) / v.std();
  return {at::cat({answer.narrow(1, 0, answer.size(1) - 1), standard}, 1), (calibration + 0.25 * standard).clamp(0, 1)};
}

at::Tensor published_picture(const at::Tensor& map) {
  return (map.clamp(0, 1) * 255 + 0.5).clamp(0, 255).to(at::kByte).unsqueeze(0).repeat({3, 1, 1});
}

}  // namespace plexus::medsegdiff
