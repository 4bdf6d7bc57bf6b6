#include <cmath>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/eval/builtin.hpp>
#include <plexus/eval/calibration.hpp>
#include <plexus/eval/measurement.hpp>

namespace plexus {
namespace {

// "score" [K, (D,) H, W] of the foreground classes in order, on the grid of the truth.
at::Tensor score_of_class(const Prediction& prediction, const Sample& truth, std::size_t k, const std::string& metric) {
  const auto found = prediction.fields.find("score");
  if (found == prediction.fields.end())
    throw Error(ErrorKind::data, "the prediction has no score map", "metric " + metric, "the model gives labels alone");
  const auto& label = truth.fields.at("label");
  const auto score = found->second.dim() == label.dim() ? found->second.unsqueeze(0) : found->second;
  if (static_cast<std::int64_t>(k) >= score.size(0) || score[static_cast<std::int64_t>(k)].sizes() != label.sizes())
    throw Error(ErrorKind::data, "the score's shape does not fit the label's", "metric " + metric);
  return score[static_cast<std::int64_t>(k)];
}

class CalibrationError final : public Metric {
 public:
  struct Settings {
    std::int64_t bins = 15;
    void declare(Options& options) { options.add("bins", bins, "equal bins of the score").range(2, 1000); }
  };
  CalibrationError(const Settings& settings, const DataInfo& info) : settings_(settings), labels_(foreground(info)) {}
  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override {
    std::vector<Measurement> all;
    for (std::size_t k = 0; k < labels_.size(); ++k) {
      const auto score = score_of_class(prediction, truth, k, "ece");
      const double error = expected_calibration_error(score, truth.fields.at("label") == labels_[k].id, settings_.bins);
      all.push_back(measured(error, labels_[k], "ece", "", std::to_string(settings_.bins) + " equal bins of the score"));
    }
    return all;
  }
  bool higher_is_better() const override { return false; }

 private:
  Settings settings_;
  std::vector<Label> labels_;
};

class BrierScore final : public Metric {
 public:
  struct Settings {
    void declare(Options&) {}
  };
  BrierScore(const Settings&, const DataInfo& info) : labels_(foreground(info)) {}
  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override {
    std::vector<Measurement> all;
    for (std::size_t k = 0; k < labels_.size(); ++k) {
      const auto wanted = (truth.fields.at("label") == labels_[k].id).to(at::kDouble);
      const auto score = score_of_class(prediction, truth, k, "brier").to(at::kDouble);
      all.push_back(measured((score - wanted).square().mean().item<double>(), labels_[k], "brier", "", "mean over all pixels"));
    }
    return all;
  }
  bool higher_is_better() const override { return false; }

 private:
  std::vector<Label> labels_;
};

}  // namespace

double expected_calibration_error(const at::Tensor& score, const at::Tensor& truth, std::int64_t bins) {
  const auto p = score.flatten().to(at::kDouble).clamp(0, 1), is = truth.flatten().to(at::kDouble);
  if (p.numel() == 0) return std::nan("");
  const auto place = (p * static_cast<double>(bins)).to(at::kLong).clamp_max(bins - 1);
  const auto gap = place.bincount(is, bins) - place.bincount(p, bins);
  return gap.abs().sum().item<double>() / static_cast<double>(p.numel());
}

void register_calibration_metrics(Kind<Metric, const DataInfo&>& metrics) {
  metrics.add<CalibrationError>("ece", "expected calibration error of the score map");
  metrics.add<BrierScore>("brier", "mean squared difference of the score map and the truth");
}

}  // namespace plexus
