#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Zscore final : public Transform {
 public:
  struct Settings {
    bool nonzero = false;
    void declare(Options& options) { options.add("nonzero", nonzero, "only voxels other than 0 count, and only they change"); }
  };
  explicit Zscore(Settings settings) : settings_(settings) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_images(sample, [this](const at::Tensor& image) {
      std::vector<at::Tensor> channels;
      for (const auto& channel : image.unbind(0)) channels.push_back(standard(channel));
      return at::stack(channels);
    });
  }

 private:
  at::Tensor standard(const at::Tensor& channel) const {
    const auto counted = settings_.nonzero ? channel.masked_select(channel.ne(0)) : channel;
    if (counted.numel() == 0) return channel;
    const auto scaled = (channel - counted.mean()) / (counted.std(false) + 1e-8);
    return settings_.nonzero ? at::where(channel.ne(0), scaled, channel) : scaled;
  }

  Settings settings_;
};

}  // namespace

void add_zscore(Kind<Transform>& kind) {
  kind.add<Zscore>("zscore", "subtracts the mean and divides by the standard deviation, for each channel");
}

}  // namespace plexus::transforms
