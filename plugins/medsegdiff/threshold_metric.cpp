#include "threshold_metric.hpp"

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/eval/measurement.hpp>

#include "scores.hpp"

namespace plexus::medsegdiff {

void ThresholdOverlap::Settings::declare(Options& options) {
  options.add("thresholds", thresholds, "Score and truth are cut at each of them.").range(0, 1);
  options.add("normalise", normalise, "Divide the score by its maximum first, as the published evaluation does.");
  options.add("per_slice", per_slice, "Mean over the slices of a volume instead of the volume as a whole.");
}

ThresholdOverlap::ThresholdOverlap(Settings settings, const DataInfo& info)
    : settings_(std::move(settings)), labels_(foreground(info)) {}

std::vector<Measurement> ThresholdOverlap::measure(const Prediction& prediction, const Sample& truth) const {
  const auto found = prediction.fields.find("score");
  if (found == prediction.fields.end())
    throw Error(ErrorKind::data, "the prediction has no score map", "metric threshold_overlap", "the model gives labels alone");
  const auto& label = truth.fields.at("label");
  const auto all = found->second.dim() == label.dim() ? found->second.unsqueeze(0) : found->second;
  if (all.size(0) < static_cast<std::int64_t>(labels_.size()) || all[0].sizes() != label.sizes())
    throw Error(ErrorKind::data, "the score's shape does not fit the label's", "metric threshold_overlap");
  std::vector<Measurement> measurements;
  for (std::size_t k = 0; k < labels_.size(); ++k) {
    auto score = all[static_cast<std::int64_t>(k)].to(at::kFloat);
    if (const auto most = score.max(); settings_.normalise && most.item<float>() > 0) score = score / most;
    const auto wanted = (label == labels_[k].id).to(at::kFloat);
    const bool slices = settings_.per_slice && label.dim() == 3;
    const auto shaped = [&](const at::Tensor& map) { return slices ? map.unsqueeze(1) : map.unsqueeze(0).unsqueeze(0); };
    const auto scores = threshold_scores(shaped(score), shaped(wanted), settings_.thresholds);
    const std::string rule = std::to_string(settings_.thresholds.size()) + " thresholds" + (slices ? ", mean over slices" : "");
    measurements.push_back(measured(scores.iou[0], labels_[k], "threshold_iou", "", rule));
    measurements.push_back(measured(scores.dice[0], labels_[k], "threshold_dice", "", rule));
  }
  return measurements;
}

}  // namespace plexus::medsegdiff
