#include <plexus/eval/scalar.hpp>

#include <cmath>
#include <limits>
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
