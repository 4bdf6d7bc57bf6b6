#include <plexus/data/quantile_match.hpp>

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>

namespace plexus {
namespace {

struct Distribution {
  std::vector<double> values, shares;  // distinct values, ascending, and how much lies at or below each
};

Distribution distribution_of(const at::Tensor& tensor) {
  const auto flat = tensor.to(at::kDouble).contiguous();
  std::vector<double> sorted(flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel());
  std::sort(sorted.begin(), sorted.end());
  Distribution of;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i + 1 < sorted.size() && sorted[i + 1] == sorted[i]) continue;
    of.values.push_back(sorted[i]);
    of.shares.push_back(static_cast<double>(i + 1) / static_cast<double>(sorted.size()));
  }
  return of;
}

double value_at(const Distribution& of, double share) {
  const auto above = std::lower_bound(of.shares.begin(), of.shares.end(), share);
  if (above == of.shares.begin()) return of.values.front();
  if (above == of.shares.end()) return of.values.back();
  const auto k = static_cast<std::size_t>(above - of.shares.begin());
  return of.values[k - 1] + (share - of.shares[k - 1]) / (of.shares[k] - of.shares[k - 1]) * (of.values[k] - of.values[k - 1]);
}

}  // namespace

at::Tensor quantile_matched(const at::Tensor& source, const at::Tensor& model) {
  const auto from = distribution_of(source), to = distribution_of(model);
  const auto matched = source.to(at::kDouble).clone(at::MemoryFormat::Contiguous);
  auto* values = matched.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < matched.numel(); ++i) {
    const auto place = std::lower_bound(from.values.begin(), from.values.end(), values[i]) - from.values.begin();
    values[i] = value_at(to, from.shares[static_cast<std::size_t>(place)]);
  }
  return matched;
}

}  // namespace plexus
