#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class OneHot final : public Transform {
 public:
  struct Settings {
    std::int64_t classes = 0;
    std::string field = "label", to = "one_hot";
    void declare(Options& options) {
      options.add("classes", classes, "ids are 0 … classes - 1").range(1, 4096).required();
      options.add("field", field, "the label map");
      options.add("to", to, "the field that is made, [classes, (D,) H, W], 0 or 1; steps that follow leave it as it is");
    }
  };
  explicit OneHot(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    const auto found = sample.fields.find(settings_.field);
    if (found == sample.fields.end()) return;  // nothing is known of the case, as in prediction
    const at::Tensor label = found->second;
    at::Tensor planes = at::zeros({settings_.classes, label.numel()}, at::kByte);
    const at::Tensor ids = label.to(at::kLong).reshape({1, -1});
    if (ids.numel() > 0) {
      const auto low = ids.min().item<std::int64_t>(), high = ids.max().item<std::int64_t>();
      if (low < 0 || high >= settings_.classes)
        throw Error(ErrorKind::data,
                    fmt::format("has the id {}, beyond the {} classes of one_hot", low < 0 ? low : high, settings_.classes),
                    sample.id, "map ids to 0, 1, … with label_map first");
      planes.scatter_(0, ids, 1);
    }
    auto shape = label.sizes().vec();
    shape.insert(shape.begin(), settings_.classes);
    sample.fields[settings_.to] = planes.view(shape);
  }

 private:
  Settings settings_;
};

}  // namespace

void add_one_hot(Kind<Transform>& kind) { kind.add<OneHot>("one_hot", "adds a field with one map a class; the label stays"); }

}  // namespace plexus::transforms
