#include <plexus/sdk/plugin.hpp>

namespace {

class Nothing final : public plexus::Transform {
 public:
  struct Settings {
    void declare(plexus::Options&) {}
  };
  explicit Nothing(Settings) {}
  void apply(plexus::Sample&, plexus::Rng&) const override {}
};

}  // namespace

PLEXUS_PLUGIN("repeats", "0.1.0", "Offers one name twice.") {
  registry.transforms.add<Nothing>("nothing", "once");
  registry.transforms.add<Nothing>("nothing", "and again");
}
