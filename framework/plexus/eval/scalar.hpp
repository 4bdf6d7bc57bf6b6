#pragma once
#include <vector>

namespace plexus {

// Agreement of numbers of cases with their truth: two lists of one length, NaN nowhere. Figures of no cases are NaN.
double mean_absolute_error(const std::vector<double>& predicted, const std::vector<double>& truth);
double root_mean_square_error(const std::vector<double>& predicted, const std::vector<double>& truth);
double mean_error(const std::vector<double>& predicted, const std::vector<double>& truth);  // predicted - truth: the bias
// Pearson's correlation; NaN where either list is constant.
double pearson(const std::vector<double>& predicted, const std::vector<double>& truth);

// A case is positive where its truth, and is found where its prediction, is at least `threshold`.
struct Detection {
  double f1, accuracy, sensitivity, specificity;  // NaN where the denominator is 0
};
Detection detection(const std::vector<double>& predicted, const std::vector<double>& truth, double threshold);

}  // namespace plexus
