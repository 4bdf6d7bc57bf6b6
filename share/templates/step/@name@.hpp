#pragma once
#include <plexus/base/options.hpp>
#include <plexus/sdk/transform.hpp>

namespace @name@ {

struct Settings {
  double gamma = 0.5;
  void declare(plexus::Options& options);
};

// Raises every field whose name begins with "image" to the power gamma; values below 0 become 0. Usable in pipelines
// (`preprocess`, `transforms`) and in recipes of `plexus preprocess`.
class Step final : public plexus::Transform {
 public:
  using Settings = @name@::Settings;
  explicit Step(Settings settings) : settings_(settings) {}
  void apply(plexus::Sample& sample, plexus::Rng& rng) const override;
  bool deterministic() const override { return true; }

 private:
  Settings settings_;
};

}  // namespace @name@
