#include <algorithm>
#include <mutex>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/percentiles.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>
#include <plexus/data/volume.hpp>

namespace plexus::transforms {
namespace {

class MatchHistogram final : public Transform {
 public:
  struct Settings {
    std::string reference;
    std::int64_t points = 64;
    bool nonzero = true;
    void declare(Options& options) {
      options.add("reference", reference, "volume whose intensities are taken as the model; its first channel")
          .required()
          .path();
      options.add("points", points, "percentiles that are matched, the two extremes included; linear in between").range(2, 100);
      options.add("nonzero", nonzero, "only voxels other than 0 count, and only they change");
    }
  };
  explicit MatchHistogram(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    std::call_once(read_,
                   [this] { targets_ = landmarks(read_volume(settings_.reference).data[0].to(at::kFloat).contiguous()); });
    if (targets_.empty()) throw Error(ErrorKind::data, "has no voxels to match with", settings_.reference);
    change_channels(sample, [this](at::Tensor& channel) {
      const auto sources = landmarks(channel);
      if (sources.empty()) return;
      auto* values = channel.mutable_data_ptr<float>();
      for (std::int64_t i = 0; i < channel.numel(); ++i)
        if (!settings_.nonzero || values[i] != 0) values[i] = matched(values[i], sources);
    });
  }

 private:
  std::vector<float> landmarks(const at::Tensor& channel) const {
    std::vector<double> percents;
    for (std::int64_t k = 0; k < settings_.points; ++k)
      percents.push_back(100.0 * static_cast<double>(k) / static_cast<double>(settings_.points - 1));
    return percentiles(channel, percents, settings_.nonzero ? channel.ne(0) : at::Tensor());
  }

  float matched(float value, const std::vector<float>& sources) const {
    // The last landmark that is not above the value; equal ones, of which a flat background has many, count as their last.
    const auto above = std::upper_bound(sources.begin(), sources.end(), value);
    if (above == sources.begin() || !(value == value)) return value == value ? targets_.front() : value;
    const auto k = static_cast<std::size_t>(above - sources.begin()) - 1;
    if (above == sources.end()) return targets_.back();
    const float part = (value - sources[k]) / (sources[k + 1] - sources[k]);
    return targets_[k] + part * (targets_[k + 1] - targets_[k]);
  }

  Settings settings_;
  mutable std::once_flag read_;
  mutable std::vector<float> targets_;
};

}  // namespace

void add_match_histogram(Kind<Transform>& kind) {
  kind.add<MatchHistogram>("match_histogram", "gives each channel the distribution of values of a reference volume");
}

}  // namespace plexus::transforms
