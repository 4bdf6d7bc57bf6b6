#include <array>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Zscore final : public Transform {
 public:
  struct Settings {
    bool nonzero = false;
    std::string mask;
    void declare(Options& options) {
      options.add("nonzero", nonzero, "only voxels other than 0 count, and only they change");
      options.add("mask", mask, "a label field (\"label\"): only its voxels other than 0 count; all change");
      options.rule([this] { return nonzero && !mask.empty() ? "give nonzero or mask, not both" : ""; });
    }
  };
  explicit Zscore(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    at::Tensor inside;
    if (!settings_.mask.empty()) {
      const auto found = sample.fields.find(settings_.mask);
      if (found == sample.fields.end())
        throw Error(ErrorKind::data, "has no field '" + settings_.mask + "', the mask of zscore", sample.id);
      inside = found->second.ne(0).contiguous();
    }
    change_channels(sample, [&](at::Tensor& channel) {
      const bool* counts = inside.defined() ? inside.const_data_ptr<bool>() : nullptr;
      standardise(channel.mutable_data_ptr<float>(), channel.numel(), counts);
    });
  }

 private:
  void standardise(float* values, std::int64_t n, const bool* counts) const {
    const bool all = counts == nullptr && !settings_.nonzero;
    const auto counted = [&](std::int64_t i) { return counts != nullptr ? counts[i] : values[i] != 0; };
    // Sums side by side, which do not wait for each other; what does not count adds 0.
    constexpr std::int64_t lanes = 8;
    const auto total = [&](auto&& value) {
      std::array<double, lanes> sums{};
      std::int64_t i = 0;
      if (all)
        for (; i + lanes <= n; i += lanes)
          for (std::int64_t lane = 0; lane < lanes; ++lane) sums[static_cast<std::size_t>(lane)] += value(i + lane);
      for (; i < n; ++i) sums[static_cast<std::size_t>(i % lanes)] += all || counted(i) ? value(i) : 0.0;
      return std::accumulate(sums.begin(), sums.end(), 0.0);
    };
    const double count = all ? static_cast<double>(n) : total([](std::int64_t) { return 1.0; });
    if (count == 0) return;
    const double mean = total([&](std::int64_t i) { return static_cast<double>(values[i]); }) / count;
    const double variance = total([&](std::int64_t i) {
                              const double apart = static_cast<double>(values[i]) - mean;
                              return apart * apart;
                            }) /
                            count;
    const auto centre = static_cast<float>(mean), factor = static_cast<float>(1 / (std::sqrt(variance) + 1e-8));
    if (settings_.nonzero) {
      for (std::int64_t i = 0; i < n; ++i) values[i] = values[i] != 0 ? (values[i] - centre) * factor : values[i];
    } else {
      for (std::int64_t i = 0; i < n; ++i) values[i] = (values[i] - centre) * factor;
    }
  }

  Settings settings_;
};

}  // namespace

void add_zscore(Kind<Transform>& kind) {
  kind.add<Zscore>("zscore", "subtracts the mean and divides by the standard deviation, for each channel");
}

}  // namespace plexus::transforms
