// Prediction of ShiftModel.
#include <algorithm>
#include <cmath>

#include <torch/torch.h>

#include <fmt/format.h>

#include <plexus/base/error.hpp>
#include <plexus/base/stop.hpp>
#include <plexus/data/geometry.hpp>
#include <plexus/data/head_ct.hpp>
#include <plexus/data/resample.hpp>

#include "flow.hpp"
#include "midline.hpp"
#include "model.hpp"

namespace plexus::mls {
namespace {

struct Range {
  std::int64_t first, end;
};

Range used_slices(std::int64_t depth, std::int64_t first, std::int64_t skip_last) {
  const auto end = depth - skip_last + 1;
  return first < end ? Range{first, end} : Range{0, depth};
}

std::string slice_id(const Sample& of, std::int64_t slice) {
  return of.slice >= 0 ? of.id : fmt::format("{}_slice_{}", of.case_id, slice);
}

// Displacements [N, 2, H, W] in pixels as vectors [3, N, H, W] in mm along the patient's axes.
at::Tensor in_the_patient(const at::Tensor& field, const Geometry& geometry) {
  std::vector<at::Tensor> components;
  for (std::size_t axis = 0; axis < 3; ++axis)
    components.push_back(field.select(1, 1) * (geometry.spacing[0] * geometry.direction[3 * axis]) +
                         field.select(1, 0) * (geometry.spacing[1] * geometry.direction[3 * axis + 1]));
  return at::stack(components);
}

// Voxels of the scan, as it is stored, at an index of the slices.
Point in_the_scan(const Point& index, const Geometry& slices, const Geometry& scan) {
  const IndexMap map = index_map(slices, scan);
  Point place{};
  for (std::size_t row = 0; row < 3; ++row)
    place[row] = map.matrix[3 * row] * index[0] + map.matrix[3 * row + 1] * index[1] + map.matrix[3 * row + 2] * index[2] + map.offset[row];
  return place;
}

}  // namespace

struct ShiftModel::Reading {
  at::Tensor field, head;   // [N, 2, S, S] mean of the draws; uint8 [N, 1, S, S]
  Shifts shifts;            // means of the draws; places by the mean field
  at::Tensor deviation_mm;  // [N]
  double folded = 0;
};

ShiftModel::Reading ShiftModel::read(const at::Tensor& slices, const std::vector<std::string>& ids, const PixelSize& size,
                                     Context& context) {
  const auto count = slices.size(0), batch = settings_.predict_batch;
  std::vector<at::Tensor> fields, heads, pixels, mm;
  for (std::int64_t from = 0; from < count; from += batch) {
    const auto rows = slices.slice(0, from, std::min(from + batch, count));
    const std::vector<std::string> names(ids.begin() + from, ids.begin() + from + rows.size(0));
    std::vector<at::Tensor> masks;
    for (const auto& slice : rows.unbind(0)) masks.push_back(head_mask(slice.cpu()));
    heads.push_back(at::stack(masks));
    const auto head = heads.back().to(slices.device());
    at::Tensor sum;
    std::vector<at::Tensor> pixels_of, mm_of;
    for (std::int64_t draw = 0; draw < settings_.draws; ++draw) {
      throw_if_stopped();
      const auto purpose = draw == 0 ? std::string("noise") : fmt::format("noise/{}", draw);
      const auto field = predicted_field(rows, context.draw(purpose, names, rows.sizes().slice(1)));
      const auto one = shifts(field, head, size);
      pixels_of.push_back(one.pixels);
      mm_of.push_back(one.mm);
      sum = sum.defined() ? sum + field : field;
    }
    fields.push_back((sum / settings_.draws).cpu());
    pixels.push_back(at::stack(pixels_of));
    mm.push_back(at::stack(mm_of));
    context.progress(static_cast<double>(from + rows.size(0)) / static_cast<double>(count), "slices");
  }
  Reading reading;
  reading.field = at::cat(fields);
  reading.head = at::cat(heads);
  reading.shifts = shifts(reading.field, reading.head, size);
  reading.shifts.pixels = at::cat(pixels, 1).mean(0);
  const auto in_mm = at::cat(mm, 1);
  reading.shifts.mm = in_mm.mean(0);
  reading.deviation_mm = settings_.draws > 1 ? in_mm.std(0, /*unbiased=*/true) : at::zeros_like(reading.shifts.mm);
  const auto inside = reading.head.squeeze(1).to(at::kBool);
  const auto folds = (jacobian(reading.field) <= 0).logical_and(inside);
  reading.folded = folds.sum().item<double>() / std::max(inside.sum().item<double>(), 1.0);
  return reading;
}

at::Tensor ShiftModel::counterparts(const at::Tensor& slices, const std::vector<std::string>& ids, Context& context) const {
  std::vector<at::Tensor> made;
  for (std::int64_t from = 0; from < slices.size(0); from += settings_.predict_batch) {
    throw_if_stopped();
    const auto rows = slices.slice(0, from, std::min(from + settings_.predict_batch, slices.size(0)));
    const std::vector<std::string> names(ids.begin() + from, ids.begin() + from + rows.size(0));
    made.push_back(guidance_.counterpart(rows, context.draw("noise", names, rows.sizes().slice(1))));
    context.progress(static_cast<double>(from + rows.size(0)) / static_cast<double>(slices.size(0)), "counterparts");
  }
  return at::cat(made).cpu();
}

Prediction ShiftModel::predict(const Batch& batch, Context& context) {
  const auto& image = batch["image"];
  if (image.size(0) != 1) throw std::logic_error("mls predicts one case at a time");
  if (image.size(1) != 1)
    throw Error(ErrorKind::data, "has " + std::to_string(image.size(1)) + " channels; head CT has one", batch.of.front().id);
  const auto& of = batch.of.front();
  const bool whole = image.dim() == 5;
  const auto volume = (whole ? image[0][0] : image[0]).cpu();  // [D, H, W]
  const auto axial = axial_slices(volume, of.geometry, settings_.slices.size, settings_.outside);
  const auto depth = axial.image.size(0);
  const auto used = used_slices(depth, settings_.first_slice, settings_.skip_last);
  const auto slices =
      windowed(axial.image.slice(0, used.first, used.end), settings_.slices.window[0], settings_.slices.window[1])
          .unsqueeze(1)
          .to(context.device());
  std::vector<std::string> ids;
  for (auto k = used.first; k < used.end; ++k) ids.push_back(slice_id(of, k));
  const bool sized = of.geometry.known || (batch.has("spacing") && batch["spacing"].flatten()[0].item<double>() > 0);
  const PixelSize size = sized ? PixelSize{axial.geometry.spacing[1], axial.geometry.spacing[0]} : PixelSize{};

  const auto reading = read(slices, ids, size, context);
  const auto& deciding_by = size.known() ? reading.shifts.mm : reading.shifts.pixels;
  const auto deciding = deciding_by.argmax().item<std::int64_t>();
  const auto place = reading.shifts.place[deciding].item<std::int64_t>(), side = settings_.slices.size;
  const auto& scan = of.source ? of.source->geometry : of.geometry;
  const auto stored = [&](std::int64_t slice, double row, double column) {
    return in_the_scan({column, row, static_cast<double>(used.first + slice)}, axial.geometry, scan);
  };
  const auto point = stored(deciding, static_cast<double>(place / side), static_cast<double>(place % side));

  Prediction prediction;
  prediction.values = {{"shift_mm", reading.shifts.mm[deciding].item<double>()},
                       {"shift_sd_mm", reading.deviation_mm[deciding].item<double>()},
                       {"shift", reading.shifts.pixels[deciding].item<double>()},
                       {"slice", whole ? std::round(point[2]) : static_cast<double>(of.slice)},
                       {"row", std::round(point[1])},
                       {"column", std::round(point[0])},
                       {"folded", reading.folded}};
  if (whole)
    for (std::int64_t k = 0; k < slices.size(0); ++k) {
      const auto middle = static_cast<double>(side - 1) / 2;
      prediction.values.emplace_back(fmt::format("{}/slice_{:.0f}", size.known() ? "shift_mm" : "shift", std::round(stored(k, middle, middle)[2])),
                                     deciding_by[k].item<double>());
    }

  const auto on_scan = [&](const at::Tensor& map, double elsewhere) {  // [C, N, S, S] -> [1, C, (D,) H, W]
    auto all = at::full({map.size(0), depth, side, side}, elsewhere, at::kFloat);
    all.slice(1, used.first, used.end).copy_(map);
    const auto back = resample_to(all, axial.geometry, of.geometry, volume.sizes(), Interpolation::linear, elsewhere);
    return (whole ? back : back.squeeze(1)).unsqueeze(0);
  };
  prediction.fields["field"] = on_scan(in_the_patient(reading.field, axial.geometry), 0);
  if (settings_.counterpart != "none") {
    const double low = settings_.slices.window[0], high = settings_.slices.window[1];
    auto shown = at::full({1, slices.size(0), side, side}, low, at::kFloat);
    const auto from = settings_.counterpart == "all" ? 0 : deciding, end = settings_.counterpart == "all" ? slices.size(0) : deciding + 1;
    const auto made = counterparts(slices.slice(0, from, end), {ids.begin() + from, ids.begin() + end}, context);
    shown.slice(1, from, end).copy_(low + (made.squeeze(1).unsqueeze(0) + 1) / 2 * (high - low));
    prediction.fields["counterpart"] = on_scan(shown, low);
  }
  prediction.pictures["midline"] = midline_picture(slices[deciding].cpu(), reading.head[deciding], reading.field[deciding], place, size);
  return prediction;
}

}  // namespace plexus::mls
