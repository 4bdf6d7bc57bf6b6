#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Window final : public Transform {
 public:
  struct Settings {
    double low = 0, high = 1;
    void declare(Options& options) {
      options.add("low", low, "value that becomes 0").required();
      options.add("high", high, "value that becomes 1").required();
      options.rule([this] { return low < high ? "" : "low must be below high"; });
    }
  };
  explicit Window(Settings settings) : settings_(settings) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_images(sample, [this](const at::Tensor& image) {
      return ((image.to(at::kFloat) - settings_.low) / (settings_.high - settings_.low)).clamp(0, 1);
    });
  }

 private:
  Settings settings_;
};

}  // namespace

void add_window(Kind<Transform>& kind) {
  kind.add<Window>("window",
                   "scales the values from low to high to [0, 1] and clips the others: a CT window, or what zscore left");
}

}  // namespace plexus::transforms
