#include <plexus/eval/overlap.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <unordered_map>

#include <ATen/ATen.h>

namespace plexus {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(part) / static_cast<double>(whole);
}

at::Tensor whole_numbers(const at::Tensor& label) { return label.detach().to(at::kCPU, at::kLong).contiguous(); }

}  // namespace

std::vector<Overlap> overlaps(const at::Tensor& prediction, const at::Tensor& truth, const std::vector<std::int64_t>& ids) {
  if (prediction.sizes() != truth.sizes()) throw std::invalid_argument("overlaps: prediction and truth differ in shape");
  const at::Tensor predicted = whole_numbers(prediction), true_label = whole_numbers(truth);
  const std::int64_t *p = predicted.const_data_ptr<std::int64_t>(), *t = true_label.const_data_ptr<std::int64_t>();

  // The place of small ids by table, the rest by search; the last place takes the ids that were not asked for.
  constexpr std::int64_t table_size = 256;
  std::vector<std::size_t> table(table_size, ids.size());
  std::unordered_map<std::int64_t, std::size_t> others;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (ids[k] >= 0 && ids[k] < table_size)
      table[static_cast<std::size_t>(ids[k])] = k;
    else
      others.emplace(ids[k], k);
  }
  const auto place = [&](std::int64_t id) {
    if (id >= 0 && id < table_size) return table[static_cast<std::size_t>(id)];
    const auto found = others.find(id);
    return found == others.end() ? ids.size() : found->second;
  };
  std::vector<Overlap> counts(ids.size() + 1);
  for (std::int64_t i = 0; i < predicted.numel(); ++i) {
    if (p[i] == t[i]) {
      ++counts[place(p[i])].both;
    } else {
      ++counts[place(p[i])].prediction_only;
      ++counts[place(t[i])].truth_only;
    }
  }
  counts.pop_back();
  for (auto& of : counts) of.neither = predicted.numel() - of.both - of.prediction_only - of.truth_only;
  return counts;
}

double dice(const Overlap& counts) { return ratio(2 * counts.both, counts.prediction() + counts.truth()); }
double jaccard(const Overlap& counts) { return ratio(counts.both, counts.prediction() + counts.truth_only); }
double sensitivity(const Overlap& counts) { return ratio(counts.both, counts.truth()); }
double precision(const Overlap& counts) { return ratio(counts.both, counts.prediction()); }
double specificity(const Overlap& counts) { return ratio(counts.neither, counts.neither + counts.prediction_only); }
double accuracy(const Overlap& counts) {
  const std::int64_t right = counts.both + counts.neither;
  return ratio(right, right + counts.prediction_only + counts.truth_only);
}
double relative_volume_difference(const Overlap& counts) { return ratio(counts.prediction() - counts.truth(), counts.truth()); }

}  // namespace plexus
