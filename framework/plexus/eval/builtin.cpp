#include <plexus/eval/builtin.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include <plexus/eval/empty.hpp>
#include <plexus/eval/overlap.hpp>
#include <plexus/eval/surface.hpp>

namespace plexus {
namespace {

// The labels but the background.
std::vector<Label> foreground(const DataInfo& info) {
  return info.labels.empty() ? std::vector<Label>{} : std::vector<Label>(info.labels.begin() + 1, info.labels.end());
}
std::vector<std::int64_t> ids_of(const std::vector<Label>& labels) {
  std::vector<std::int64_t> ids;
  for (const auto& label : labels) ids.push_back(label.id);
  return ids;
}

Emptiness emptiness(const Overlap& counts) { return {counts.prediction() == 0, counts.truth() == 0}; }

enum class Share { dice, jaccard, sensitivity, precision, specificity };
constexpr const char* share_names[] = {"dice", "jaccard", "sensitivity", "precision", "specificity"};

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
      break;
  }
  return specificity(counts);
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
      // Background outnumbers a structure, so that specificity keeps its meaning where the structure is missing.
      const auto instead = share == Share::specificity ? std::nullopt : empty_share(rule, empty);
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

enum class Surface { hd, hd95, asd, assd };

struct SurfaceRule {
  std::string name;
  Directions directions;
};
// The first is the default.
std::vector<SurfaceRule> surface_rules(Surface surface) {
  switch (surface) {
    case Surface::hd:
      break;
    case Surface::hd95:
      return {{"max-of-directions", Directions::larger}, {"pooled", Directions::pooled}};
    case Surface::asd:
      return {{"prediction-to-truth", Directions::to_truth}, {"truth-to-prediction", Directions::to_prediction}};
    case Surface::assd:
      return {{"mean-of-directions", Directions::mean}, {"pooled", Directions::pooled}};
  }
  return {{"max-of-directions", Directions::larger}};
}

template <Surface surface>
class SurfaceMetric final : public Metric {
 public:
  struct Settings {
    std::string rule = surface_rules(surface).front().name, unit = "mm", empty = "nan";
    void declare(Options& options) {
      std::vector<std::string> names;
      for (const auto& known : surface_rules(surface)) names.push_back(known.name);
      options.add("rule", rule, "how the two directions become one number").one_of(names);
      options.add("unit", unit, "mm: where the data store a spacing").one_of({"mm", "voxels"});
      declare_empty(options, empty, {surface == Surface::hd95 ? "pooled" : names.front(), true});
    }
  };
  SurfaceMetric(Settings settings, const DataInfo& info) : settings_(std::move(settings)), labels_(foreground(info)) {
    for (const auto& known : surface_rules(surface))
      if (known.name == settings_.rule) directions_ = known.directions;
  }

  std::vector<Measurement> measure(const Prediction& prediction, const Sample& truth) const override {
    constexpr const char* names[] = {"hd", "hd95", "asd", "assd"};
    const std::string name = names[static_cast<std::size_t>(surface)];
    const auto pair = label_pair(prediction, truth, name);
    const auto counts = overlaps(pair.prediction, pair.truth, ids_of(labels_));
    const EmptyRule rule = empty_rule(settings_.empty);
    const auto spacing = settings_.unit == "mm" ? axis_spacing(pair.truth, truth.geometry) : std::vector<double>{};
    std::vector<Measurement> all;
    for (std::size_t k = 0; k < labels_.size(); ++k) {
      const Emptiness empty = emptiness(counts[k]);
      const bool full = counts[k].prediction() == pair.truth.numel() || counts[k].truth() == pair.truth.numel();
      double value = std::numeric_limits<double>::quiet_NaN();
      std::string status = "ok";
      if (empty.any()) {
        value = empty_distance(rule, empty, surface < Surface::asd ? DistanceKind::hausdorff : DistanceKind::average);
        status = empty.text();
      } else if (rule == EmptyRule::nnunet && full) {
        status = "a mask fills the grid";
      } else {
        const auto id = labels_[k].id;
        const auto distances = surface_distances(pair.prediction.eq(id), pair.truth.eq(id), spacing);
        value = surface < Surface::asd ? hausdorff(distances, surface == Surface::hd95 ? 95 : 100, directions_)
                                       : mean_distance(distances, directions_);
      }
      all.push_back(measured(value, labels_[k], name, spacing.empty() ? "voxels" : "mm",
                             settings_.rule + "; empty: " + settings_.empty, status));
    }
    return all;
  }
  bool higher_is_better() const override { return false; }

 private:
  Settings settings_;
  std::vector<Label> labels_;
  Directions directions_ = Directions::larger;
};

}  // namespace

void register_metrics(Kind<Metric, const DataInfo&>& metrics) {
  metrics.add<ShareMetric<Share::dice>>("dice", "2 |A n B| / (|A| + |B|)");
  metrics.add<ShareMetric<Share::jaccard>>("jaccard", "|A n B| / |A u B|");
  metrics.add<ShareMetric<Share::sensitivity>>("sensitivity", "share of the truth that is found");
  metrics.add<ShareMetric<Share::precision>>("precision", "share of the prediction that is right");
  metrics.add<ShareMetric<Share::specificity>>("specificity", "share of what is not the structure that is left out");
  metrics.add<Volume>("volume", "volume of the predicted structure");
  metrics.add<VolumeDifference>("volume_difference", "predicted volume minus the truth's");
  metrics.add<SurfaceMetric<Surface::hd>>("hd", "Hausdorff distance between borders");
  metrics.add<SurfaceMetric<Surface::hd95>>("hd95", "95th percentile of the distances between borders");
  metrics.add<SurfaceMetric<Surface::asd>>("asd", "mean distance from one border to the other");
  metrics.add<SurfaceMetric<Surface::assd>>("assd", "mean distance between borders, both directions");
}

}  // namespace plexus
