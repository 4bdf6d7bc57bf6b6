#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Clip final : public Transform {
 public:
  struct Settings {
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
    void declare(Options& options) {
      options.add("low", low, "smaller values become this");
      options.add("high", high, "larger values become this");
      options.rule([this] {
        return low < high && (std::isfinite(low) || std::isfinite(high)) ? "" : "give low, high or both, low below high";
      });
    }
  };
  explicit Clip(Settings settings) : settings_(settings) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_channels(sample, [this](at::Tensor& channel) { channel.clamp_(settings_.low, settings_.high); });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_clip(Kind<Transform>& kind) { kind.add<Clip>("clip", "clips images to a range of values"); }

}  // namespace plexus::transforms
