#include <plexus/base/error.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Reorient final : public Transform {
 public:
  struct Settings {
    std::string to = "RAS";
    void declare(Options& options) {
      options.add("to", to,
                  "towards what the columns, rows and planes grow: each of R or L, A or P, S or I once, as nibabel says it");
      options.rule([this] { return check_axis_code(to); });
    }
  };
  explicit Reorient(Settings settings) : to_(std::move(settings.to)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    if (!sample.geometry.known)
      throw Error(ErrorKind::data, "stores no orientation, so it cannot be reoriented", sample.id,
                  "leave reorient out for this data");
    const AxisOrder order = order_for(sample.geometry, to_);
    permute(sample, order.axes);
    std::vector<std::size_t> turned;
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (order.turned[axis]) turned.push_back(axis);
    flip(sample, turned);
  }

 private:
  std::string to_;
};

}  // namespace

void add_reorient(Kind<Transform>& kind) {
  kind.add<Reorient>("reorient", "orders and turns axes to the closest of an orientation; no voxel value changes");
}

}  // namespace plexus::transforms
