#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class Slices final : public Transform {
 public:
  struct Settings {
    std::string axis = "z";
    bool labelled = false;
    std::int64_t step = 1;
    void declare(Options& options) {
      options.add("axis", axis, "across which planes are taken; z: the planes as they are stored").one_of({"x", "y", "z"});
      options.add("labelled", labelled, "only planes with a label other than 0");
      options.add("step", step, "every how many planes one is taken, the first included").range(1).unit("voxels");
    }
  };
  explicit Slices(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample&, Rng&) const override { refuse_single("slices"); }
  std::vector<Sample> apply_all(Sample sample, Rng&) const override {
    if (grid(sample).size() != 3) throw Error(ErrorKind::data, "is a plane already", sample.id);
    if (settings_.axis == "x") permute(sample, {1, 2, 0});
    if (settings_.axis == "y") permute(sample, {0, 2, 1});
    const auto depth = grid(sample).front();
    std::vector<Sample> all;
    for (std::int64_t plane = 0; plane < depth; plane += settings_.step) {
      Sample one;
      one.id = fmt::format("{}_slice_{}", sample.id, plane);
      one.case_id = sample.case_id;
      one.slice = plane;
      one.header = sample.header;
      one.geometry = shifted(sample.geometry, {0, 0, static_cast<double>(plane)});
      for (const auto& [name, field] : sample.fields)
        if (name.starts_with("image") || name.starts_with("label"))
          one.fields[name] = field.select(field.dim() - 3, plane).clone();
      const auto label = one.fields.find("label");
      if (settings_.labelled && (label == one.fields.end() || !label->second.ne(0).any().item<bool>())) continue;
      all.push_back(std::move(one));
    }
    return all;
  }

 private:
  Settings settings_;
};

}  // namespace

void add_slices(Kind<Transform>& kind) {
  kind.add<Slices>("slices", "makes a sample of each plane of a volume, ID_slice_0, ID_slice_1, …");
}

}  // namespace plexus::transforms
