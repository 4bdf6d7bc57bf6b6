#include "scores.hpp"

#include <ATen/ATen.h>

namespace plexus::medsegdiff {

ThresholdScores threshold_scores(const at::Tensor& prediction, const at::Tensor& truth, const std::vector<double>& thresholds) {
  const auto channels = static_cast<std::size_t>(prediction.size(1));
  ThresholdScores scores{std::vector<double>(channels, 0.0), std::vector<double>(channels, 0.0)};
  for (const double threshold : thresholds) {
    const auto p = (prediction > threshold).flatten(2).to(at::kDouble), g = (truth > threshold).flatten(2).to(at::kDouble);
    const auto both = (p * g).sum(2), sizes = p.sum(2) + g.sum(2);
    const auto iou = ((both + 1e-6) / (sizes - both + 1e-6)).mean(0), dice = ((2 * both + 1e-4) / (sizes + 1e-4)).mean(0);
    for (std::size_t c = 0; c < channels; ++c) {
      scores.iou[c] += iou[static_cast<std::int64_t>(c)].item<double>() / static_cast<double>(thresholds.size());
      scores.dice[c] += dice[static_cast<std::int64_t>(c)].item<double>() / static_cast<double>(thresholds.size());
    }
  }
  return scores;
}

GreyPair grey_pair(const at::Tensor& prediction, const at::Tensor& truth, std::int64_t size) {
  const auto as_picture = [](const at::Tensor& grey) { return grey.to(at::kFloat).unsqueeze(0).unsqueeze(0); };
  auto p = as_picture(prediction);
  const auto most = p.max();
  if (most.item<float>() > 0) p = p / most;
  const auto resized = at::_upsample_bilinear2d_aa(as_picture(truth).contiguous(), {size, size}, false);
  return {p, resized.round().clamp(0, 255) / 255};
}

std::vector<double> per_class_scores(const at::Tensor& prediction, const at::Tensor& truth) {
  std::vector<double> both, predicted, there;
  for (const double k : {0.0, 1.0}) {
    const auto p = prediction == k, t = truth == k;
    both.push_back(static_cast<double>((p & t).sum().item<std::int64_t>()));
    predicted.push_back(static_cast<double>(p.sum().item<std::int64_t>()));
    there.push_back(static_cast<double>(t.sum().item<std::int64_t>()));
  }
  std::vector<double> scores{(both[0] + both[1]) / (there[0] + there[1])};
  for (std::size_t k = 0; k < 2; ++k) scores.push_back(both[k] / (predicted[k] + there[k] - both[k]));
  for (std::size_t k = 0; k < 2; ++k) scores.push_back(2 * both[k] / (predicted[k] + there[k]));
  for (std::size_t k = 0; k < 2; ++k) scores.push_back(both[k] / predicted[k]);
  for (std::size_t k = 0; k < 2; ++k) scores.push_back(both[k] / there[k]);
  return scores;
}

}  // namespace plexus::medsegdiff
