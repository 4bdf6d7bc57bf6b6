#include <limits>
#include <map>
#include <optional>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>
#include <plexus/data/transforms/entries.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus::transforms {
namespace {

using Ids = std::vector<std::pair<std::int64_t, std::int64_t>>;  // from, to; in the order of the file

// The pairs of a map of whole numbers; nullopt where one is none, or comes twice.
std::optional<Ids> id_pairs(const Node& map) {
  if (!map.is_map()) return std::nullopt;
  Ids ids;
  std::map<std::int64_t, int> seen;
  for (const auto& [key, value] : map.entries()) {
    if (!value.is_scalar()) return std::nullopt;
    const auto from = parse_integer(key), to = parse_integer(value.text());
    if (!from || !to || ++seen[*from] > 1) return std::nullopt;
    ids.emplace_back(*from, *to);
  }
  return ids.empty() ? std::nullopt : std::optional(ids);
}

// Voxels of each id take its new one; 0 where it is not listed and `keep` is false.
at::Tensor exchanged(const at::Tensor& label, const Ids& ids, bool keep) {
  const at::Tensor before = label.is_floating_point() ? label.round() : label;
  const bool small = (!keep || label.scalar_type() == at::kByte) && std::all_of(ids.begin(), ids.end(), [](const auto& pair) {
                       return pair.second >= 0 && pair.second <= 255;
                     });
  at::Tensor after =
      keep ? before.to(small ? at::kByte : at::kLong, false, true) : at::zeros(label.sizes(), small ? at::kByte : at::kLong);
  for (const auto& [from, to] : ids) after.masked_fill_(before.eq(from), to);
  return after;
}

class LabelMap final : public Transform {
 public:
  struct Settings {
    Node ids;
    std::string others = "error";
    void declare(Options& options) {
      options.add("ids", ids, "id in the file: id for training, as {500: 1, 600: 2}; 0 stays 0 unless it is listed").required();
      options.add("others", others, "ids that are not listed: error, zero (background) or keep")
          .one_of({"error", "zero", "keep"});
      options.rule([this] { return id_pairs(ids) ? "" : "ids needs pairs of whole numbers, each id once: {500: 1, 600: 2}"; });
    }
  };
  explicit LabelMap(Settings settings) : ids_(id_pairs(settings.ids).value()), others_(std::move(settings.others)) {
    std::map<std::int64_t, int> seen;
    for (const auto& [from, to] : ids_)
      if (++seen[to] == 1) back_.emplace_back(to, from);
    bool zero_listed = false;
    for (const auto& [from, to] : ids_) zero_listed = zero_listed || from == 0;
    // What 0 was given back as must not be the first of the others that became 0.
    if (!zero_listed) std::erase_if(back_, [](const auto& pair) { return pair.first == 0; });
  }
  bool deterministic() const override { return true; }

  void apply(Sample& sample, Rng&) const override {
    change_labels(sample, [&](const at::Tensor& label) {
      if (others_ == "error") check(label, sample.id);
      return exchanged(label, ids_, others_ == "keep");
    });
  }
  // Of several ids that became one, the first listed comes back.
  at::Tensor restore_label(const at::Tensor& label) const override { return exchanged(label, back_, true); }

 private:
  void check(const at::Tensor& label, const std::string& where) const {
    at::Tensor listed = label.eq(0);
    for (const auto& pair : ids_)
      listed.logical_or_(label.is_floating_point() ? label.round().eq(pair.first) : label.eq(pair.first));
    if (listed.all().item<bool>()) return;
    const auto id = label.masked_select(listed.logical_not())[0].item<double>();
    throw Error(ErrorKind::data, fmt::format("has the label id {}, which label_map does not list", id), where,
                "list it under `ids`, or give `others: zero` or `others: keep`");
  }

  Ids ids_, back_;
  std::string others_;
};

}  // namespace

void add_label_map(Kind<Transform>& kind) {
  kind.add<LabelMap>("label_map", "exchanges label ids; predictions get the original ones back");
}

}  // namespace plexus::transforms
