#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class RandomRotate90 final : public Transform {
 public:
  struct Settings {
    double probability = 1;
    void declare(Options& options) { options.add("probability", probability, "of drawing a rotation at all").range(0, 1); }
  };
  explicit RandomRotate90(Settings settings) : probability_(settings.probability) {}

  void apply(Sample& sample, Rng& rng) const override {
    if (!rng.chance(probability_)) return;
    const auto size = grid(sample);
    // A quarter turn would change the shape of a plane that is not square, and batches need one shape.
    const bool square = size[size.size() - 1] == size[size.size() - 2];
    const auto quarters = square ? rng.integer(0, 4) : 2 * rng.integer(0, 2);
    if (quarters == 0) return;
    // A quarter turn from rows to columns: rows and columns change places, then the rows' order turns round.
    if (quarters % 2 == 1) permute(sample, {1, 0, 2});
    if (quarters == 1) flip(sample, {1});
    if (quarters == 2) flip(sample, {0, 1});
    if (quarters == 3) flip(sample, {0});
  }

 private:
  double probability_;
};

}  // namespace

void add_random_rotate90(Kind<Transform>& kind) {
  kind.add<RandomRotate90>("random_rotate90",
                           "turns planes by a random multiple of 90 degrees (of 180 where they are not square)");
}

}  // namespace plexus::transforms
