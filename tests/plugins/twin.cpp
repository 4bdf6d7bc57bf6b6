// Offers a name that good.cpp offers too, by a class of the same name, and one whose options cannot be declared.
#include <stdexcept>

#include <plexus/sdk/plugin.hpp>

namespace {

class Scale final : public plexus::Transform {
 public:
  struct Settings {
    void declare(plexus::Options&) {}
  };
  explicit Scale(Settings) {}
  void apply(plexus::Sample& sample, plexus::Rng&) const override { sample.id = "twin"; }
};

class Undeclared final : public plexus::Transform {
 public:
  struct Settings {
    void declare(plexus::Options&) { throw std::runtime_error("no memory of my options"); }
  };
  explicit Undeclared(Settings) {}
  void apply(plexus::Sample&, plexus::Rng&) const override {}
};

}  // namespace

PLEXUS_PLUGIN("twin", "0.1.0", "Shares a name with another plugin.") {
  registry.transforms.add<Scale>("shared", "offered by good as well");
  registry.transforms.add<Undeclared>("undeclared", "throws when asked for its options");
}
