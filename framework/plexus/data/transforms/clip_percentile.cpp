#include <ATen/ATen.h>

#include <plexus/data/percentiles.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class ClipPercentile final : public Transform {
 public:
  struct Settings {
    double low = 0.5, high = 99.5;
    void declare(Options& options) {
      options.add("low", low, "lower bound").range(0, 100).unit("%");
      options.add("high", high, "upper bound").range(0, 100).unit("%");
      options.rule([this] { return low < high ? "" : "low must be below high"; });
    }
  };
  explicit ClipPercentile(Settings settings) : settings_(settings) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_channels(sample, [this](at::Tensor& channel) {
      const auto bounds = percentiles(channel, {settings_.low, settings_.high});
      if (!bounds.empty()) channel.clamp_(bounds[0], bounds[1]);
    });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_clip_percentile(Kind<Transform>& kind) {
  kind.add<ClipPercentile>("clip_percentile", "clips each channel to two of its percentiles");
}

}  // namespace plexus::transforms
