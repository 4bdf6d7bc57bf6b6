#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

// Linear interpolation between the two nearest ranks.
float percentile(std::vector<float>& values, double percent) {
  const double rank = percent / 100 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(std::floor(rank));
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const double low = values[static_cast<std::size_t>(below)], part = rank - std::floor(rank);
  if (part == 0) return static_cast<float>(low);
  const double high = *std::min_element(values.begin() + below + 1, values.end());
  return static_cast<float>(low + part * (high - low));
}

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
  explicit ClipPercentile(Settings settings) : low_(settings.low), high_(settings.high) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_images(sample, [this](const at::Tensor& image) {
      std::vector<at::Tensor> channels;
      for (const auto& channel : image.unbind(0)) {
        const auto flat = channel.to(at::kFloat).contiguous();
        const auto* data = flat.const_data_ptr<float>();
        std::vector<float> values(data, data + flat.numel());
        channels.push_back(values.empty() ? channel : channel.clamp(percentile(values, low_), percentile(values, high_)));
      }
      return at::stack(channels);
    });
  }

 private:
  double low_, high_;
};

}  // namespace

void add_clip_percentile(Kind<Transform>& kind) {
  kind.add<ClipPercentile>("clip_percentile", "clips each channel to two of its percentiles");
}

}  // namespace plexus::transforms
