#include <plexus/data/restore.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <plexus/base/error.hpp>
#include <plexus/data/resample.hpp>
#include <plexus/data/transforms/fields.hpp>

namespace plexus {
namespace {

at::Tensor on_source(const at::Tensor& field, const Sample& prepared, Interpolation interpolation) {
  if (!prepared.source) return field;
  const auto& source = *prepared.source;
  const auto axes = source.size.size();
  if (static_cast<std::size_t>(field.dim()) < axes || static_cast<std::size_t>(field.dim()) > axes + 1)
    throw Error(ErrorKind::data,
                fmt::format("a map of sizes {} does not fit the scan's {} axes", fmt::join(field.sizes(), " x "), axes),
                prepared.id);
  // A plane is a volume of depth 1.
  auto size = source.size;
  if (axes == 2) size.insert(size.begin(), 1);
  const at::Tensor volume = axes == 2 ? field.unsqueeze(-3) : field;
  const at::Tensor back = resample_to(volume, prepared.geometry, source.geometry, size, interpolation, 0.0);
  return axes == 2 ? back.squeeze(-3) : back;
}

}  // namespace

void prepare_sample(Sample& sample, const Steps& steps, Rng& rng) {
  if (steps.empty()) return;
  if (!sample.source) sample.source = std::make_shared<const Grid>(Grid{sample.geometry, transforms::grid(sample)});
  for (const auto& step : steps) step->apply(sample, rng);
}

at::Tensor restore_label(const at::Tensor& label, const Sample& prepared, const Steps& steps) {
  at::Tensor original = label;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) original = (*step)->restore_label(original);
  return on_source(original, prepared, Interpolation::nearest);
}

at::Tensor restore_map(const at::Tensor& map, const Sample& prepared) {
  return on_source(map, prepared, map.is_floating_point() ? Interpolation::linear : Interpolation::nearest);
}

Sample as_source(const Sample& prepared) {
  Sample source = prepared;
  source.fields.clear();
  if (prepared.source) source.geometry = prepared.source->geometry;
  source.source = nullptr;
  return source;
}

}  // namespace plexus
