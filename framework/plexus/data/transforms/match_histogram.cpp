#include <mutex>

#include <ATen/ATen.h>

#include <plexus/base/error.hpp>
#include <plexus/data/quantile_match.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>
#include <plexus/data/volume.hpp>

namespace plexus::transforms {
namespace {

class MatchHistogram final : public Transform {
 public:
  struct Settings {
    std::string reference;
    bool nonzero = true;
    void declare(Options& options) {
      options.add("reference", reference, "volume whose intensities are taken as the model; its first channel")
          .required()
          .path();
      options.add("nonzero", nonzero, "only voxels other than 0 count, and only they change");
    }
  };
  explicit MatchHistogram(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    std::call_once(read_, [this] {
      const at::Tensor volume = read_volume(settings_.reference).data[0].to(at::kFloat);
      model_ = volume.masked_select(counted(volume));
    });
    if (model_.numel() == 0) throw Error(ErrorKind::data, "has no voxels to match with", settings_.reference);
    change_channels(sample, [this](at::Tensor& channel) {
      const at::Tensor mask = counted(channel), values = channel.masked_select(mask);
      if (values.numel() > 0) channel.masked_scatter_(mask, quantile_matched(values, model_).to(at::kFloat));
    });
  }

 private:
  at::Tensor counted(const at::Tensor& values) const {
    const at::Tensor finite = values.isfinite();
    return settings_.nonzero ? finite.logical_and_(values.ne(0)) : finite;
  }

  Settings settings_;
  mutable std::once_flag read_;
  mutable at::Tensor model_;
};

}  // namespace

void add_match_histogram(Kind<Transform>& kind) {
  kind.add<MatchHistogram>("match_histogram", "gives each channel the distribution of values of a reference volume");
}

}  // namespace plexus::transforms
