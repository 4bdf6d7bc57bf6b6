#include <plexus/eval/roc.hpp>

#include <limits>
#include <stdexcept>

#include <ATen/ATen.h>

namespace plexus {

double area_under_roc(const at::Tensor& score, const at::Tensor& truth) {
  if (score.sizes() != truth.sizes()) throw std::invalid_argument("area_under_roc: score and truth differ in shape");
  const auto [sorted, order] = score.detach().flatten().to(at::kCPU, at::kDouble).sort();
  const auto positive = truth.detach().flatten().to(at::kCPU).ne(0).index_select(0, order).contiguous();
  const double* value = sorted.const_data_ptr<double>();
  const bool* is_positive = positive.const_data_ptr<bool>();
  const std::int64_t count = sorted.numel();
  double above = 0, positives = 0, negatives = 0;
  for (std::int64_t first = 0; first < count;) {
    std::int64_t end = first;
    double tied_positives = 0;
    for (; end < count && value[end] == value[first]; ++end) tied_positives += is_positive[end] ? 1 : 0;
    const double tied_negatives = static_cast<double>(end - first) - tied_positives;
    above += tied_positives * (negatives + tied_negatives / 2);
    positives += tied_positives;
    negatives += tied_negatives;
    first = end > first ? end : count;  // NaN equals nothing: what sorts last is left out
  }
  return positives > 0 && negatives > 0 ? above / (positives * negatives) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace plexus
