#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class SelectChannels final : public Transform {
 public:
  struct Settings {
    std::vector<std::int64_t> channels;
    void declare(Options& options) {
      options.add("channels", channels, "numbers of the channels to keep, in their new order; the first is 0").required();
    }
  };
  explicit SelectChannels(Settings settings) : channels_(std::move(settings.channels)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_images(sample, [&](const at::Tensor& image) {
      for (const auto channel : channels_)
        if (channel < 0 || channel >= image.size(0))
          throw Error(ErrorKind::data, fmt::format("has no channel {}; it has {}", channel, image.size(0)), sample.id);
      return image.index_select(0, at::tensor(channels_, at::kLong));
    });
  }

 private:
  std::vector<std::int64_t> channels_;
};

}  // namespace

void add_select_channels(Kind<Transform>& kind) {
  kind.add<SelectChannels>("select_channels", "keeps some channels of the image");
}

}  // namespace plexus::transforms
