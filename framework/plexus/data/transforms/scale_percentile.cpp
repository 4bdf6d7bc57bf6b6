#include <ATen/ATen.h>

#include <plexus/data/percentiles.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class ScalePercentile final : public Transform {
 public:
  struct Settings {
    double low = 1, high = 99;
    bool nonzero = false, clip = true;
    void declare(Options& options) {
      options.add("low", low, "percentile that becomes 0").range(0, 100).unit("%");
      options.add("high", high, "percentile that becomes 1").range(0, 100).unit("%");
      options.add("nonzero", nonzero, "percentiles are those of the voxels other than 0");
      options.add("clip", clip, "values beyond the two become 0 and 1");
      options.rule([this] { return low < high ? "" : "low must be below high"; });
    }
  };
  explicit ScalePercentile(Settings settings) : settings_(settings) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_channels(sample, [this](at::Tensor& channel) {
      const at::Tensor counted = settings_.nonzero ? channel.ne(0) : at::Tensor();
      const auto bounds = percentiles(channel, {settings_.low, settings_.high}, counted);
      if (bounds.empty()) return;
      channel.sub_(bounds[0]).div_(static_cast<double>(bounds[1]) - bounds[0] + 1e-8);
      if (settings_.clip) channel.clamp_(0, 1);
    });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_scale_percentile(Kind<Transform>& kind) {
  kind.add<ScalePercentile>("scale_percentile", "scales each channel so that two of its percentiles become 0 and 1");
}

}  // namespace plexus::transforms
