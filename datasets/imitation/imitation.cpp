#include "imitation.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/text.hpp>

#include "imitation/layouts.hpp"
#include "phantom/kinds.hpp"

namespace plexus::datasets {
namespace imitation {

Drawn draw(std::string_view kind, const std::vector<std::int64_t>& size, std::int64_t seed, std::int64_t index,
           const std::string& modality) {
  const auto* known = phantom::find_kind(kind);
  phantom::Request request;
  request.modality = modality;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    request.grid.size[axis] = size[axis];
    request.grid.spacing[axis] = known->extent[axis] / static_cast<double>(size[axis]);
  }
  const auto rng = Rng(static_cast<std::uint64_t>(seed)).fork(kind).fork(static_cast<std::uint64_t>(index));
  const auto anatomy = known->build(request, rng);
  const auto picture = phantom::render(anatomy.scene, request.grid, anatomy.look, rng.fork("picture"));
  const std::vector<std::int64_t> shape{size[2], size[1], size[0]};
  Drawn drawn;
  drawn.image = at::empty(shape, at::kShort);
  drawn.label = at::empty(shape, at::kByte);
  std::copy(picture.image.begin(), picture.image.end(), drawn.image.mutable_data_ptr<std::int16_t>());
  std::copy(picture.label.begin(), picture.label.end(), drawn.label.mutable_data_ptr<std::uint8_t>());
  drawn.geometry.spacing = request.grid.spacing;
  drawn.geometry.known = true;
  for (const auto& [slice, points] : anatomy.landmarks) {
    auto rows = at::empty({4, 2}, at::kDouble);
    for (std::size_t r = 0; r < 4; ++r) std::copy(points[r].begin(), points[r].end(), rows.mutable_data_ptr<double>() + 2 * r);
    drawn.shift = std::max(drawn.shift, (rows[2] - rows[3]).norm().item<double>());
    drawn.landmarks[slice] = rows;
  }
  return drawn;
}

at::Tensor coded(const at::Tensor& label, const std::vector<std::int64_t>& codes) {
  return at::tensor(codes).to(at::kShort).index_select(0, label.reshape({-1}).to(at::kLong)).reshape(label.sizes());
}

const std::vector<Layout>& layouts() {
  static const auto all = [] {
    auto joined = cardiac_layouts();
    for (const auto& layout : other_layouts()) joined.push_back(layout);
    return joined;
  }();
  return all;
}

}  // namespace imitation

namespace {

const imitation::Layout& layout_of(const std::string& name) {
  const auto& all = imitation::layouts();
  return *std::find_if(all.begin(), all.end(), [&](const auto& layout) { return layout.name == name; });
}

imitation::Order order_of(const Imitation::Settings& settings, const std::string& target) {
  return {target, settings.size, settings.seed, settings.cases};
}

}  // namespace

void Imitation::Settings::declare(Options& options) {
  std::vector<std::string> names;
  for (const auto& layout : imitation::layouts()) names.emplace_back(layout.name);
  options.add("of", of, "the set whose layout is written").one_of(names);
  options.add("cases", cases, "patients or pictures").range(1, 9999);
  options.add("seed", seed, "case i depends on it and on i alone").range(0);
  options.add("size", size, "x, y, z; sets of pictures use x and y").unit("voxels").range(1, 2048);
  options.rule([this]() -> std::string { return size.size() == 3 ? "" : "size: expected three numbers, x, y, z"; });
}

std::vector<Job> Imitation::jobs(const std::string&, const std::string&) const {
  std::vector<Job> all;
  for (std::int64_t index = 0; index < settings_.cases; ++index)
    all.push_back({fmt::format("{}_{:04}", settings_.of, index),
                   {},
                   layout_of(settings_.of).files(index),
                   static_cast<std::uint64_t>(settings_.size[0] * settings_.size[1] * settings_.size[2]) * 64});
  return all;
}

void Imitation::run(const Job& job, const std::string& target, Rng&, Context&) const {
  layout_of(settings_.of).write(order_of(settings_, target), *parse_integer(job.id.substr(job.id.rfind('_') + 1)));
}

void Imitation::finish(const std::vector<Job>&, const std::string& target) const {
  if (const auto finish = layout_of(settings_.of).finish) finish(order_of(settings_, target));
}

}  // namespace plexus::datasets
