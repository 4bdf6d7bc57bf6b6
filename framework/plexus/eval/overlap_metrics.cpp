#include <plexus/eval/builtin.hpp>

#include <cmath>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/eval/empty.hpp>
#include <plexus/eval/measurement.hpp>
#include <plexus/eval/overlap.hpp>
#include <plexus/eval/skeleton.hpp>

namespace plexus {
namespace {

Emptiness emptiness(const Overlap& counts) { return {counts.prediction() == 0, counts.truth() == 0}; }

enum class Share { dice, jaccard, sensitivity, precision, specificity, accuracy };
constexpr const char* share_names[] = {"dice", "jaccard", "sensitivity", "precision", "specificity", "accuracy"};

double share_of(Share share, const Overlap& counts) {
  switch (share) {
    case Share::dice:
      return dice(counts);
    case Share::jaccard:
      return jaccard(counts);
    case Share::sensitivity:
      return sensitivity(counts);
    case Share::precision:
      return precision(counts);
    case Share::specificity:
      return specificity(counts);
    case Share::accuracy:
      break;
  }
  return accuracy(counts);
}

template <Share share>
class ShareMetric final : public Metric {
 public:
  struct Settings {
    std::string empty = "nan";
    void declare(Options& options) { declare_empty(options, empty, {}); }
  };
  ShareMetric(const Settings& settings, const DataInfo& info) : labels_(foreground(info)), empty_(settings.empty) {}

  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override {
    const std::string name = share_names[static_cast<std::size_t>(share)];
    const auto pair = label_pair(prediction, truth, name);
    const auto counts = overlaps(pair.prediction, pair.truth, ids_of(labels_));
    const EmptyRule rule = empty_rule(empty_);
    std::vector<Measurement> all;
    for (std::size_t k = 0; k < labels_.size(); ++k) {
      const Emptiness empty = emptiness(counts[k]);
      // Background outnumbers a structure, so that these keep their meaning where the structure is missing.
      const bool of_background = share == Share::specificity || share == Share::accuracy;
      const auto instead = of_background ? std::nullopt : empty_share(rule, empty);
      const double value = instead ? *instead : share_of(share, counts[k]);
      const bool noted = empty.any() && (instead || std::isnan(value));
      all.push_back(measured(value, labels_[k], name, "", "empty: " + empty_, noted ? empty.text() : "ok"));
    }
    return all;
  }

 private:
  std::vector<Label> labels_;
  std::string empty_;
};

class CentrelineDice final : public Metric {
 public:
  struct Settings {
    std::string empty = "nan";
    void declare(Options& options) { declare_empty(options, empty, {}); }
  };
  CentrelineDice(const Settings& settings, const DataInfo& info) : labels_(foreground(info)), empty_(settings.empty) {}

  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override {
    const auto pair = label_pair(prediction, truth, "cldice");
    const bool flat = pair.truth.dim() == 2 || pair.truth.size(0) == 1;
    if (!flat) throw Error(ErrorKind::configuration, "cldice is of planes, the case is a volume", "metric cldice");
    const auto plane = [](const at::Tensor& map) { return map.dim() == 3 ? map[0] : map; };
    std::vector<Measurement> all;
    for (const auto& label : labels_) {
      const auto predicted = plane(pair.prediction).eq(label.id), real = plane(pair.truth).eq(label.id);
      const Emptiness empty{!predicted.any().item<bool>(), !real.any().item<bool>()};
      const auto instead = empty_share(empty_rule(empty_), empty);
      all.push_back(measured(instead ? *instead : centreline_dice(predicted, real), label, "cldice", "", "empty: " + empty_,
                             empty.any() ? empty.text() : "ok"));
    }
    return all;
  }

 private:
  std::vector<Label> labels_;
  std::string empty_;
};

// Voxels, or millilitres (3D) and square millimetres (2D) where the data store a spacing.
std::pair<double, std::string> volume_unit(const std::string& wanted, const at::Tensor& label, const Geometry& geometry) {
  const auto spacing = axis_spacing(label, geometry);
  if (wanted == "voxels" || spacing.empty()) return {1.0, "voxels"};
  double size = 1;
  for (const double step : spacing) size *= step;
  return label.dim() == 3 ? std::pair<double, std::string>{size / 1000, "ml"} : std::pair<double, std::string>{size, "mm2"};
}

class Volume final : public Metric {
 public:
  struct Settings {
    std::string unit = "ml";
    void declare(Options& options) { options.add("unit", unit, "ml: where the data store a spacing").one_of({"ml", "voxels"}); }
  };
  Volume(Settings settings, const DataInfo& info) : settings_(std::move(settings)), labels_(foreground(info)) {}

  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override {
    const auto pair = label_pair(prediction, truth, "volume");
    const auto counts = overlaps(pair.prediction, pair.truth, ids_of(labels_));
    const auto [size, unit] = volume_unit(settings_.unit, pair.truth, truth.geometry);
    std::vector<Measurement> all;
    for (std::size_t k = 0; k < labels_.size(); ++k)
      all.push_back(
          measured(static_cast<double>(counts[k].prediction()) * size, labels_[k], "volume", unit, "of the prediction"));
    return all;
  }

 private:
  Settings settings_;
  std::vector<Label> labels_;
};

class VolumeDifference final : public Metric {
 public:
  struct Settings {
    std::string rule = "absolute", unit = "ml";
    void declare(Options& options) {
      options.add("rule", rule, "absolute: prediction - truth; relative: that as a share of the truth")
          .one_of({"absolute", "relative"});
      options.add("unit", unit, "ml: where the data store a spacing").one_of({"ml", "voxels"});
    }
  };
  VolumeDifference(Settings settings, const DataInfo& info) : settings_(std::move(settings)), labels_(foreground(info)) {}

  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override {
    const auto pair = label_pair(prediction, truth, "volume_difference");
    const auto counts = overlaps(pair.prediction, pair.truth, ids_of(labels_));
    const auto [size, unit] = volume_unit(settings_.unit, pair.truth, truth.geometry);
    const bool relative = settings_.rule == "relative";
    std::vector<Measurement> all;
    for (std::size_t k = 0; k < labels_.size(); ++k) {
      const auto& c = counts[k];
      const double value = relative ? relative_volume_difference(c) : static_cast<double>(c.prediction() - c.truth()) * size;
      const std::string status = std::isnan(value) ? emptiness(c).text() : "ok";
      all.push_back(measured(value, labels_[k], "volume_difference", relative ? "" : unit, settings_.rule, status));
    }
    return all;
  }
  bool higher_is_better() const override { return false; }

 private:
  Settings settings_;
  std::vector<Label> labels_;
};

}  // namespace

void register_overlap_metrics(Kind<Metric, const DataInfo&>& metrics) {
  metrics.add<ShareMetric<Share::dice>>("dice", "2 |A n B| / (|A| + |B|)");
  metrics.add<ShareMetric<Share::jaccard>>("jaccard", "|A n B| / |A u B|");
  metrics.add<ShareMetric<Share::sensitivity>>("sensitivity", "share of the truth that is found");
  metrics.add<ShareMetric<Share::precision>>("precision", "share of the prediction that is right");
  metrics.add<ShareMetric<Share::specificity>>("specificity", "share of what is not the structure that is left out");
  metrics.add<ShareMetric<Share::accuracy>>("accuracy", "share of all voxels that is right");
  metrics.add<CentrelineDice>("cldice", "Dice of centrelines: branches found and not invented, whatever their width");
  metrics.add<Volume>("volume", "volume of the predicted structure");
  metrics.add<VolumeDifference>("volume_difference", "predicted volume minus the truth's");
}

}  // namespace plexus
