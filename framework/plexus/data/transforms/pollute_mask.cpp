#include <plexus/data/pollute.hpp>

#include <numeric>

#include <ATen/ATen.h>

#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class PolluteMask final : public Transform {
 public:
  struct Settings {
    double fp_rate = 0.2, fn_rate = 0.2;
    void declare(Options& options) {
      options.add("fp_rate", fp_rate, "part of the background pixels that become foreground").range(0, 1);
      options.add("fn_rate", fn_rate, "part of the foreground pixels that become background").range(0, 1);
    }
  };
  explicit PolluteMask(Settings settings) : settings_(settings) {}

  void apply(Sample& sample, Rng& rng) const override {
    change_labels(sample, [&](const at::Tensor& label) {
      const auto count = label.count_nonzero().item<std::int64_t>();
      const auto background = some_of(label.numel() - count, settings_.fp_rate, rng);
      return polluted_mask(label, background, some_of(count, settings_.fn_rate, rng)).to(label.scalar_type());
    });
  }

 private:
  static std::vector<std::int64_t> some_of(std::int64_t count, double rate, Rng& rng) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    rng.shuffle(std::span<std::int64_t>(all));
    all.resize(static_cast<std::size_t>(rate * static_cast<double>(count)));
    return all;
  }
  Settings settings_;
};

}  // namespace

void add_pollute_mask(Kind<Transform>& kind) {
  kind.add<PolluteMask>("pollute_mask", "makes labels wrong at random pixels, to study what poor labels do");
}

}  // namespace plexus::transforms
