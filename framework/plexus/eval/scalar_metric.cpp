#include <plexus/eval/builtin.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/eval/measurement.hpp>
#include <plexus/eval/roc.hpp>
#include <plexus/eval/scalar.hpp>

namespace plexus {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

class Scalar final : public Metric {
 public:
  struct Settings {
    std::string value, truth, unit;
    double threshold = 0;
    bool detect = false;
    void declare(Options& options) {
      options.add("value", value, "the number that the model predicts: \"shift_mm\"").required();
      options.add("truth", truth, "the field of the case that holds the true one; empty: of the same name");
      options.add("unit", unit, "of both");
      options.add("detect", detect, "also measure how well values of at least `threshold` are found");
      options.add("threshold", threshold, "cases whose true value is at least this are positive");
    }
  };
  Scalar(Settings settings, const DataInfo&) : settings_(std::move(settings)) {
    if (settings_.truth.empty()) settings_.truth = settings_.value;
  }

  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override {
    const double predicted = predicted_value(prediction), known = true_value(truth);
    const Label whole{-1, "case", {}};
    const std::string status = std::isnan(known) ? "the case has no true value" : "ok";
    // The error comes first: it is what validation goes by.
    return {measured(std::abs(predicted - known), whole, named("absolute_error"), settings_.unit, "|predicted - true|", status),
            measured(predicted, whole, named("predicted"), settings_.unit, ""),
            measured(known, whole, named("true"), settings_.unit, "", status)};
  }

  std::vector<Measurement> summary(const std::vector<std::vector<Measurement>>& cases) const override {
    std::vector<double> predicted, known;
    for (const auto& measurements : cases) {
      const double p = find(measurements, named("predicted")), t = find(measurements, named("true"));
      if (std::isnan(p) || std::isnan(t)) continue;
      predicted.push_back(p);
      known.push_back(t);
    }
    std::vector<Measurement> all;
    const auto add = [&](const std::string& name, double value, const std::string& unit, const std::string& rule) {
      all.push_back(measured(value, {-1, "case", {}}, named(name), unit, rule));
    };
    add("mae", mean_absolute_error(predicted, known), settings_.unit, "mean of |predicted - true|");
    add("rmse", root_mean_square_error(predicted, known), settings_.unit, "");
    add("bias", mean_error(predicted, known), settings_.unit, "mean of predicted - true");
    add("pearson", pearson(predicted, known), "", "");
    if (!settings_.detect) return all;
    const std::string rule = "at least " + format_real(settings_.threshold) + (settings_.unit.empty() ? "" : " " + settings_.unit);
    const auto found = detection(predicted, known, settings_.threshold);
    add("auc", area_under_roc(at::tensor(predicted), at::tensor(known).ge(settings_.threshold)), "", rule);
    add("f1", found.f1, "", rule);
    add("accuracy", found.accuracy, "", rule);
    add("sensitivity", found.sensitivity, "", rule);
    add("specificity", found.specificity, "", rule);
    return all;
  }
  bool higher_is_better() const override { return false; }

 private:
  std::string named(const std::string& figure) const { return settings_.value + "_" + figure; }

  double predicted_value(const Prediction& prediction) const {
    std::vector<std::string> names;
    for (const auto& [name, value] : prediction.values) {
      if (name == settings_.value) return value;
      names.push_back(name);
    }
    throw Error(ErrorKind::configuration, "the model predicts no number '" + settings_.value + "'" + did_you_mean(settings_.value, names),
                "metric scalar", names.empty() ? "it predicts none" : "it predicts " + join(names, ", "));
  }
  double true_value(const Sample& truth) const {
    const auto field = truth.fields.find(settings_.truth);
    if (field == truth.fields.end() || field->second.numel() != 1) return missing;
    return field->second.item().to<double>();
  }
  static double find(const std::vector<Measurement>& measurements, const std::string& name) {
    const auto found =
        std::find_if(measurements.begin(), measurements.end(), [&](const Measurement& one) { return one.metric == name; });
    return found == measurements.end() ? missing : found->value;
  }

  Settings settings_;
};

}  // namespace

void register_scalar_metrics(Kind<Metric, const DataInfo&>& metrics) {
  metrics.add<Scalar>("scalar", "a number of the case against its true one: MAE, RMSE, Pearson; AUC and F1 at a threshold");
}

}  // namespace plexus
