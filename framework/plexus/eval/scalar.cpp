#include <plexus/eval/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace plexus {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

template <class Error> double mean_of(const std::vector<double>& predicted, const std::vector<double>& truth, Error&& error) {
  if (predicted.size() != truth.size()) throw std::invalid_argument("numbers and truths differ in count");
  double sum = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) sum += error(predicted[i] - truth[i]);
  return predicted.empty() ? undefined : sum / static_cast<double>(predicted.size());
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? undefined : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double mean_absolute_error(const std::vector<double>& predicted, const std::vector<double>& truth) {
  return mean_of(predicted, truth, [](double error) { return std::abs(error); });
}

double root_mean_square_error(const std::vector<double>& predicted, const std::vector<double>& truth) {
  return std::sqrt(mean_of(predicted, truth, [](double error) { return error * error; }));
}

double mean_error(const std::vector<double>& predicted, const std::vector<double>& truth) {
  return mean_of(predicted, truth, [](double error) { return error; });
}

double pearson(const std::vector<double>& predicted, const std::vector<double>& truth) {
  const std::vector<double> zero(predicted.size(), 0.0);
  const double p = mean_error(predicted, zero), t = mean_error(truth, zero);
  if (predicted.size() != truth.size()) throw std::invalid_argument("numbers and truths differ in count");
  double both = 0, of_predicted = 0, of_truth = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    both += (predicted[i] - p) * (truth[i] - t);
    of_predicted += (predicted[i] - p) * (predicted[i] - p);
    of_truth += (truth[i] - t) * (truth[i] - t);
  }
  return of_predicted > 0 && of_truth > 0 ? both / std::sqrt(of_predicted * of_truth) : undefined;
}

double roc_auc(const std::vector<double>& scores, const std::vector<bool>& positive) {
  if (scores.size() != positive.size()) throw std::invalid_argument("scores and truths differ in count");
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  double rank_sum = 0;  // of the positives; equal scores share the mean of their ranks
  std::size_t positives = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && scores[order[end]] == scores[order[begin]]) ++end;
    const double rank = 0.5 * static_cast<double>(begin + end + 1);
    for (std::size_t i = begin; i < end; ++i)
      if (positive[order[i]]) {
        rank_sum += rank;
        ++positives;
      }
    begin = end;
  }
  const std::size_t negatives = scores.size() - positives;
  if (positives == 0 || negatives == 0) return undefined;
  const double p = static_cast<double>(positives), n = static_cast<double>(negatives);
  return (rank_sum - p * (p + 1) / 2) / (p * n);
}

Detection detection(const std::vector<double>& predicted, const std::vector<double>& truth, double threshold) {
  if (predicted.size() != truth.size()) throw std::invalid_argument("numbers and truths differ in count");
  std::size_t hits = 0, misses = 0, alarms = 0, passed = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const bool found = predicted[i] >= threshold, there = truth[i] >= threshold;
    ++(there ? (found ? hits : misses) : (found ? alarms : passed));
  }
  return {share(2 * hits, 2 * hits + misses + alarms), share(hits + passed, predicted.size()), share(hits, hits + misses),
          share(passed, passed + alarms)};
}

}  // namespace plexus
