#pragma once
#include <vector>

#include <plexus/base/options.hpp>
#include <plexus/sdk/metric.hpp>

namespace plexus::medsegdiff {

// threshold_scores() of a case as a whole and, for volumes, averaged over its slices: threshold_iou, threshold_dice. The field
// "score" is divided by its maximum first, as the published evaluation divides saved pictures, where `normalise` is set.
class ThresholdOverlap final : public Metric {
 public:
  struct Settings {
    std::vector<double> thresholds{0.1, 0.3, 0.5, 0.7, 0.9};
    bool normalise = true, per_slice = false;
    void declare(Options& options);
  };
  ThresholdOverlap(Settings settings, const DataInfo& info);
  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override;

 private:
  Settings settings_;
  std::vector<Label> labels_;
};

}  // namespace plexus::medsegdiff
