#include <algorithm>

#include <ATen/ATen.h>

#include <plexus/data/components.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

class KeepComponents final : public Transform {
 public:
  struct Settings {
    std::int64_t largest = 1, at_least = 0;
    std::vector<std::int64_t> ids;
    std::string touching = "corners";
    void declare(Options& options) {
      options.add("largest", largest, "how many of the largest parts of each id are kept; 0: all").range(0);
      options.add("at_least", at_least, "parts with fewer voxels become 0").range(0).unit("voxels");
      options.add("ids", ids, "label ids that this is done to; none: all but 0");
      options
          .add("touching", touching,
               "voxels are of one part where they touch at faces, edges or corners (6, 18, 26 neighbours)")
          .one_of({"faces", "edges", "corners"});
      options.rule([this] { return largest > 0 || at_least > 0 ? "" : "give largest or at_least"; });
    }
  };
  explicit KeepComponents(Settings settings) : settings_(std::move(settings)) {}
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_labels(sample, [this](const at::Tensor& label) { return kept(label); });
  }

 private:
  at::Tensor kept(const at::Tensor& label) const {
    const auto connectivity = settings_.touching == "faces"   ? Connectivity::faces
                              : settings_.touching == "edges" ? Connectivity::edges
                                                              : Connectivity::corners;
    auto ids = settings_.ids;
    if (ids.empty())
      for (const auto& id : std::get<0>(at::_unique(label.to(at::kLong), true)).unbind())
        ids.push_back(id.item<std::int64_t>());
    at::Tensor result = label.clone();
    for (const auto id : ids) {
      if (id == 0) continue;
      const Components parts = connected_components(label.eq(id), connectivity);
      std::vector<std::size_t> order(parts.sizes.size());
      for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return parts.sizes[a] > parts.sizes[b]; });
      at::Tensor keep = at::zeros({static_cast<std::int64_t>(order.size()) + 1}, at::kBool);
      keep[0] = true;  // the other ids
      for (std::size_t k = 0; k < order.size(); ++k)
        if ((settings_.largest == 0 || static_cast<std::int64_t>(k) < settings_.largest) &&
            parts.sizes[order[k]] >= settings_.at_least)
          keep[static_cast<std::int64_t>(order[k]) + 1] = true;
      const at::Tensor stays = keep.index_select(0, parts.label.flatten()).view(label.sizes());
      result.masked_fill_(stays.logical_not(), 0);
    }
    return result;
  }

  Settings settings_;
};

}  // namespace

void add_keep_components(Kind<Transform>& kind) {
  kind.add<KeepComponents>("keep_components", "keeps the largest connected parts of each label, or those above a size");
}

}  // namespace plexus::transforms
