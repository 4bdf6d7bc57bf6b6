#include <plexus/eval/builtin.hpp>

#include <limits>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include <plexus/eval/empty.hpp>
#include <plexus/eval/measurement.hpp>
#include <plexus/eval/overlap.hpp>
#include <plexus/eval/surface.hpp>

namespace plexus {
namespace {

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
      const Emptiness empty{counts[k].prediction() == 0, counts[k].truth() == 0};
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

void register_surface_metrics(Kind<Metric, const DataInfo&>& metrics) {
  metrics.add<SurfaceMetric<Surface::hd>>("hd", "Hausdorff distance between borders");
  metrics.add<SurfaceMetric<Surface::hd95>>("hd95", "95th percentile of the distances between borders");
  metrics.add<SurfaceMetric<Surface::asd>>("asd", "mean distance from one border to the other");
  metrics.add<SurfaceMetric<Surface::assd>>("assd", "mean distance between borders, both directions");
}

}  // namespace plexus
