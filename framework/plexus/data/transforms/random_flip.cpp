#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class RandomFlip final : public Transform {
 public:
  struct Settings {
    double probability = 0.5;
    std::vector<std::string> axes{"x", "y"};
    void declare(Options& options) {
      options.add("probability", probability, "of each axis by itself").range(0, 1);
      options.add("axes", axes, "any of x (columns), y (rows), z (planes)");
      options.rule([this]() -> std::string {
        for (const auto& axis : axes)
          if (axis != "x" && axis != "y" && axis != "z") return "no axis '" + axis + "'; there are x, y, z";
        return "";
      });
    }
  };
  explicit RandomFlip(Settings settings) : settings_(std::move(settings)) {}

  void apply(Sample& sample, Rng& rng) const override {
    const auto size = grid(sample).size();
    std::vector<std::size_t> turned;
    for (const auto& name : settings_.axes) {
      const auto axis = static_cast<std::size_t>(name[0] - 'x');
      if (rng.chance(settings_.probability) && axis < size) turned.push_back(axis);
    }
    flip(sample, turned);
  }

 private:
  Settings settings_;
};

}  // namespace

void add_random_flip(Kind<Transform>& kind) { kind.add<RandomFlip>("random_flip", "mirrors axes at random"); }

}  // namespace plexus::transforms
